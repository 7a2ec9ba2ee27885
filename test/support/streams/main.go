// Command streams answers every message of a stream with its version, by gRPC and by WebSocket, and asks such a server.
//
//	streams serve                       gRPC on :9000, WebSocket on :8080
//	streams ask grpc|websocket HOST     several streams that stay open, until one of them ends
//	streams ask-anew grpc|websocket HOST    one short stream after the other
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const usage = "usage: streams serve | streams ask|ask-anew grpc|websocket HOST"

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		log.Fatalf("failed: %v", err)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "serve":
		return serve(ctx, os.Getenv("VERSION"))
	case len(args) == 3 && args[0] == "ask":
		return ask(ctx, args[1], args[2])
	case len(args) == 3 && args[0] == "ask-anew":
		return askAnew(ctx, args[1], args[2])
	}
	return errors.New(usage)
}

// graceful is how long streams have to end by themselves once the pod is told to end.
const graceful = 20 * time.Second

func serve(ctx context.Context, version string) error {
	if version == "" {
		return errors.New("VERSION is not set")
	}
	ended := make(chan error, 2)
	go func() { ended <- serveGrpc(ctx, ":9000", version) }()
	go func() { ended <- serveWebSocket(ctx, ":8080", version) }()
	return errors.Join(<-ended, <-ended)
}

// opener opens a stream to the host; a message on it is answered with the version of who answers.
type opener func(context.Context) (stream, error)

type stream interface {
	say(context.Context) (version string, err error)
	close()
}

func openerOf(protocol, host string) (opener, error) {
	switch protocol {
	case "grpc":
		return grpcOpener(host)
	case "websocket":
		return webSocketOpener(host), nil
	}
	return nil, fmt.Errorf("no protocol %q\n%s", protocol, usage)
}
