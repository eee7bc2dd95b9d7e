package handlers

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"net/http"
)

// exchange is what is known about one request. It is made first, filled in on the way in, and read by the access log on the
// way out. One goroutine has it at a time.
type exchange struct {
	id      string // names the request: in a header, in the log, on the error page
	nonce   string // of the answer's scripts
	client  client
	route   string // the pattern that matched; empty if none did
	visitor visitor
}

type exchangeKey struct{}

// idEncoding has no letters that are mistaken for digits when somebody reads an ID out on the phone.
var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// withExchange names each request. The name is ours: one that the client sends is not used, so that nobody can put words
// into the log or pass a request off as another.
func withExchange(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b [26]byte
		rand.Read(b[:]) // never fails
		x := &exchange{id: idEncoding.EncodeToString(b[:10]), nonce: base64.RawURLEncoding.EncodeToString(b[10:])}
		w.Header().Set("X-Request-Id", x.id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
	})
}

// exchangeOf returns the request's exchange. Outside of the chain (a programming error) it is an empty one.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}
