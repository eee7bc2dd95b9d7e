package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/rejoin/rejoin/internal/wire"
)

// bareServer does what has to be done for an agent to be let in over TLS and a WebSocket by challenge, and for a command to
// reach it and its answer to come back, with at most one durable transition; everything that makes a session is missing.
type bareServer struct {
	key    ed25519.PrivateKey
	db     *bareDB // nil: nothing durable
	mu     sync.Mutex
	agents map[string]*bareAgent
}

type bareAgent struct {
	conn *websocket.Conn
	acks chan int64
	seq  int64
}

// runBareServer is the child "bare-server".
func runBareServer(args []string) error {
	flags := flag.NewFlagSet("bare-server", flag.ContinueOnError)
	cert, key := flags.String("cert", "", "certificate file"), flags.String("key", "", "key file")
	path, rows := flags.String("db", "", "database file; empty: none"), flags.Int("rows", 0, "sessions in it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s := &bareServer{agents: make(map[string]*bareAgent)}
	var err error
	if _, s.key, err = ed25519.GenerateKey(rand.Reader); err != nil {
		return err
	}
	if *path != "" {
		if s.db, err = openBareDB(context.Background(), *path, *rows); err != nil {
			return err
		}
		defer s.db.close()
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+wire.Path, s.link)
	mux.HandleFunc("POST /command/{n}", s.command)
	srv := &http.Server{Handler: mux, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		io.Copy(io.Discard, os.Stdin) // the parent's end of the pipe closes with it
		srv.Close()
	}()
	if err := json.NewEncoder(os.Stdout).Encode(ready{Address: ln.Addr().String()}); err != nil {
		return err
	}
	if err := srv.ServeTLS(ln, *cert, *key); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *bareServer) link(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	ctx := context.Background()
	id, err := s.admit(ctx, conn)
	if err != nil {
		return
	}
	a := &bareAgent{conn: conn, acks: make(chan int64, 1)}
	s.mu.Lock()
	s.agents[id] = a
	s.mu.Unlock()
	beatOK, err := wire.Encode(wire.BeatOK{}, 0, 0)
	if err != nil {
		return
	}
	for {
		m, env, err := read(ctx, conn)
		if err != nil {
			return
		}
		switch m.(type) {
		case *wire.Beat:
			if conn.Write(ctx, websocket.MessageText, beatOK) != nil {
				return
			}
		case *wire.Ack:
			if env.Ack > 0 {
				a.acks <- env.Ack
			}
		}
	}
}

// admit is the handshake, with the transition.
func (s *bareServer) admit(ctx context.Context, conn *websocket.Conn) (string, error) {
	hello, err := expect[*wire.Hello](ctx, conn)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, wire.NonceSize)
	rand.Read(nonce) // never fails
	public := s.key.Public().(ed25519.PublicKey)
	err = write(ctx, conn, wire.Challenge{Nonce: nonce, ServerKey: public, Proof: wire.SignChallenge(s.key, nonce, hello.Nonce)}, 0, 0)
	if err != nil {
		return "", err
	}
	m, err := expect[*wire.Rejoin](ctx, conn)
	if err != nil {
		return "", err
	}
	var n int
	if _, err := fmt.Sscanf(m.Session, "figures-session-%05d-", &n); err != nil {
		return "", err
	}
	claim := wire.Claim{
		Purpose: wire.PurposeRejoin, ServerNonce: nonce, AgentNonce: hello.Nonce, Session: m.Session, Generation: m.Generation,
		BootID: m.BootID, Instance: m.Instance, ServerKey: public,
	}
	if !claim.Verify(s.publicKey(n), m.Proof) {
		return "", errors.New("proof")
	}
	id := fmt.Sprintf("s%d", n)
	if s.db != nil {
		if err := s.db.commit(id); err != nil {
			return "", err
		}
	}
	return id, write(ctx, conn, wire.Welcome{
		Session: m.Session, Generation: m.Generation + 1, Technician: jonas.Name, Company: "Nordlicht IT", History: []wire.ChatLine{},
	}, 0, 0)
}

var publicKeys sync.Map

// publicKey is looked up, as it would be in a row: making the pair costs more than the proof.
func (s *bareServer) publicKey(n int) ed25519.PublicKey {
	if k, ok := publicKeys.Load(n); ok {
		return k.(ed25519.PublicKey)
	}
	k := keyOf(n).Public().(ed25519.PublicKey)
	publicKeys.Store(n, k)
	return k
}

// command is a technician's: committed, sent, answered, told.
func (s *bareServer) command(w http.ResponseWriter, r *http.Request) {
	id := "s" + r.PathValue("n")
	s.mu.Lock()
	a := s.agents[id]
	s.mu.Unlock()
	if a == nil {
		http.Error(w, "no such agent", http.StatusNotFound)
		return
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, 4096))
	if err == nil && s.db != nil {
		err = s.db.commit(id)
	}
	if err == nil {
		a.seq++
		err = write(r.Context(), a.conn, wire.Chat{From: jonas.Name, Text: string(text), At: time.Now()}, a.seq, 0)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	select {
	case <-a.acks:
	case <-r.Context().Done():
	}
}
