// Package server runs an HTTP service in a pod so that neither its start nor its end costs a caller a request.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// idleTimeout is longer than the proxy's (1 h), so that it is never this side that closes an idle connection just as
	// a request is under way on it.
	idleTimeout = 2 * time.Hour
	// shutdownTimeout bounds the wait for running requests once the drain is over.
	shutdownTimeout = 20 * time.Second
)

// Service is what a role gives to be run.
type Service struct {
	Name    string
	Version string
	// Handler answers the business routes; this package adds /actuator/info, faults and the drain around it.
	Handler http.Handler
	// Warm, if set, does once what the first request would otherwise wait for.
	Warm func() error
}

// Server is a service with its two listeners: requests, and health on a port of its own.
type Server struct {
	service  Service
	config   Config
	log      *slog.Logger
	main     net.Listener
	health   net.Listener
	warm     atomic.Bool
	draining atomic.Bool
	self     *http.Client
}

// Listen opens both ports; requests wait in the backlog until Run.
func Listen(config Config, log *slog.Logger) (*Server, error) {
	main, err := net.Listen("tcp", config.Listen)
	if err != nil {
		return nil, err
	}
	health, err := net.Listen("tcp", config.HealthListen)
	if err != nil {
		_ = main.Close()
		return nil, err
	}
	self := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return &Server{config: config, log: log, main: main, health: health, self: self}, nil
}

// Run serves until ctx ends. Then readiness is off at once, requests go on being served for config.Drain (the time the
// proxies need to hear of it), and running requests are finished before it returns.
func (s *Server) Run(ctx context.Context, service Service) error {
	began := time.Now()
	s.service = service
	main := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: idleTimeout, ErrorLog: errorLog(s.log)}
	health := &http.Server{Handler: s.healthHandler(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: errorLog(s.log)}
	failed := make(chan error, 2)
	go func() { failed <- main.Serve(s.main) }()
	go func() { failed <- health.Serve(s.health) }()
	defer health.Close()

	if err := s.warmUp(ctx); err != nil {
		_ = main.Close()
		return err
	}
	s.log.Info("started", "address", s.main.Addr().String(), "health", s.health.Addr().String(), "took", time.Since(began).String())
	select {
	case err := <-failed:
		_ = main.Close()
		return err
	case <-ctx.Done():
	}
	return s.drain(main)
}

// warmUp sends the first request through the real listener, so that ready means: it has served.
func (s *Server) warmUp(ctx context.Context) error {
	if s.service.Warm != nil {
		if err := s.service.Warm(); err != nil {
			return err
		}
	}
	if err := s.serves(ctx); err != nil {
		return err
	}
	s.warm.Store(true)
	return nil
}

func (s *Server) drain(main *http.Server) error {
	s.draining.Store(true)
	s.log.Info("draining", "for", s.config.Drain.String())
	time.Sleep(s.config.Drain)
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := main.Shutdown(ctx); err != nil {
		return errors.Join(errors.New("requests were still running when the time to finish them was over"), err)
	}
	s.log.Info("stopped")
	return nil
}

// Address is how this pod shows itself in answers: hostname/ip:port.
func (s *Server) Address() string {
	return s.config.Identity(s.main.Addr())
}
