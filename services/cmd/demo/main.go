// Command demo is every service of every demo system; its first argument, or SERVICE, says which one to be.
//
// In an image without a shell it is also what hooks and probes run: `demo sleep 5s`, `demo healthcheck URL`.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"upshift/services/internal/server"
)

// version is set when the binary is linked: -ldflags "-X main.version=v2".
var version = "dev"

// maxProcs keeps a pod small on a big node; GOMAXPROCS overrules it.
const maxProcs = 2

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "demo: "+err.Error())
		os.Exit(1)
	}
}

func run(args []string) error {
	command := os.Getenv("SERVICE")
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case "sleep":
		return sleep(args)
	case "healthcheck":
		return healthcheck(args)
	case "version":
		fmt.Println(version)
		return nil
	}
	build, ok := roles[command]
	if !ok {
		return fmt.Errorf("unknown service %q\n%s\nservices: %s", command, usage, strings.Join(slices.Sorted(maps.Keys(roles)), ", "))
	}
	return serve(command, build)
}

func serve(name string, build role) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(min(maxProcs, runtime.GOMAXPROCS(0)))
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil)).With("service", name, "version", version)
	config, wrongConfig := server.ConfigFrom(os.Getenv)
	listening, err := server.Listen(config, log)
	if err := errors.Join(wrongConfig, err); err != nil {
		return err
	}
	service, err := build(listening.Address(), log)
	if err != nil {
		return err
	}
	service.Name, service.Version = name, version
	return listening.Run(ctx, service)
}

const usage = `usage: demo SERVICE      be one of the services
       demo sleep 5s     wait (for preStop)
       demo healthcheck http://127.0.0.1:4004/actuator/health/readiness
       demo version`
