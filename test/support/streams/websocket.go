package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

func serveWebSocket(ctx context.Context, address, version string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		socket, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer socket.CloseNow()
		// Closed by the client, or broken: either way there is nobody left to answer.
		_ = answer(r.Context(), socket, version)
	})
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() {
		// It does not wait for WebSockets, which http.Server has handed over.
		time.Sleep(graceful)
		_ = server.Close()
	})
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func answer(ctx context.Context, socket *websocket.Conn, version string) error {
	for {
		if _, _, err := socket.Read(ctx); err != nil {
			return err
		}
		if err := socket.Write(ctx, websocket.MessageText, []byte(version)); err != nil {
			return err
		}
	}
}

type webSocketStream struct {
	*websocket.Conn
}

func webSocketOpener(host string) opener {
	return func(ctx context.Context) (stream, error) {
		socket, _, err := websocket.Dial(ctx, "ws://"+host+"/", nil)
		return webSocketStream{socket}, err
	}
}

func (s webSocketStream) say(ctx context.Context) (string, error) {
	if err := s.Write(ctx, websocket.MessageText, []byte("who is there?")); err != nil {
		return "", err
	}
	_, text, err := s.Read(ctx)
	return string(text), err
}

func (s webSocketStream) close() {
	_ = s.Close(websocket.StatusNormalClosure, "")
}
