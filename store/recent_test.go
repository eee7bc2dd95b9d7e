package store

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/rejoin/rejoin/internal/session"
	"github.com/rejoin/rejoin/store/storetest"
)

// filled sets every member of v to something, times to now with its monotonic part and in a zone of its own.
func filled(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Now().In(time.FixedZone("there", 5*3600))))
			return
		}
		for i := range v.NumField() {
			filled(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			filled(v.Index(i))
		}
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint8:
		v.SetUint(7)
	default:
		panic("a session has a member of kind " + v.Kind().String())
	}
}

// TestStored: what is remembered is what would be read, whatever members a session has.
func TestStored(t *testing.T) {
	var full session.Session
	filled(reflect.ValueOf(&full).Elem())
	for name, s := range map[string]session.Session{"full": full, "empty": {Reboot: &session.Reboot{}, Rival: &session.Rival{}}} {
		doc, _, err := encode(s)
		is(t, err, nil)
		read := get[session.Session](t)(decodeSession([]byte(doc)))
		kept := stored(s)
		if name == "full" { // the document keeps zones; what is written has been through stored already
			doc, _, err = encode(kept)
			is(t, err, nil)
			read = get[session.Session](t)(decodeSession([]byte(doc)))
		}
		if !reflect.DeepEqual(kept, read) {
			t.Errorf("%s:\nkept %+v\nread %+v", name, kept, read)
		}
	}
}

// TestRecentIsNeverStale: another process's writes are seen at once, also of a session that is remembered.
func TestRecentIsNeverStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejoin.db")
	a, b := openAt(t, path, Options{}), openAt(t, path, Options{})
	tr := storetest.New("s")
	is(t, a.Commit(t.Context(), tr), nil)
	for i := range 10 {
		writer, reader := a, b
		if i%2 == 1 {
			writer, reader = b, a
		}
		tr = storetest.Next(tr, storetest.Joined)
		is(t, writer.Commit(t.Context(), tr), nil)
		for _, s := range []*Store{reader, writer, reader} {
			if got := get[session.Session](t)(s.Session(t.Context(), "s")); got.Revision != tr.After.Revision || got.PC.Name != "PC-7" {
				t.Fatalf("read revision %d, want %d", got.Revision, tr.After.Revision)
			}
		}
	}
}

// TestNotUTF8: what is not UTF-8 is the same before and after a restart.
func TestNotUTF8(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rejoin.db")
	s := openAt(t, path, Options{})
	tr := storetest.New("s")
	tr.After.Customer = "a\xffb"
	is(t, s.Commit(t.Context(), tr), nil)
	for range 2 {
		if got := get[session.Session](t)(s.Session(t.Context(), "s")).Customer; got != "a\ufffdb" {
			t.Errorf("read %q", got)
		}
		is(t, s.Close(), nil)
		s = openAt(t, path, Options{})
	}
}

// TestRecentCollisions: of two sessions that belong to one slot each is read as itself.
func TestRecentCollisions(t *testing.T) {
	s := open(t, Options{})
	const n = 2 * len(s.recent.slots)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := s.Commit(context.Background(), storetest.New(fmt.Sprint("s", i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range n {
		id := session.ID(fmt.Sprint("s", i))
		if got := get[session.Session](t)(s.Session(t.Context(), id)); got.ID != id {
			t.Fatalf("asked for %s, read %s", id, got.ID)
		}
	}
}
