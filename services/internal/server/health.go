package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// healthHandler answers the probes, on the health port.
//
// Ready means: warmed up, not draining, and the port for requests answers a request sent to it now. Live means: this
// process can still answer at all; a pod that drains is live, and must not be restarted.
func (s *Server) healthHandler() http.Handler {
	routes := NewRoutes(s.Address(), s.log)
	routes.Handle("GET /actuator/health/liveness", func(*http.Request) (any, error) { return status{"UP", ""}, nil })
	ready := func(w http.ResponseWriter, r *http.Request) {
		if err := s.ready(r.Context()); err != nil {
			writeJSON(w, http.StatusServiceUnavailable, status{"OUT_OF_SERVICE", err.Error()})
			return
		}
		writeJSON(w, http.StatusOK, status{"UP", ""})
	}
	routes.HandleRaw("GET /actuator/health/readiness", ready)
	routes.HandleRaw("GET /actuator/health", ready)
	routes.Handle("GET "+infoPath, s.info)
	return routes
}

type status struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

func (s *Server) ready(ctx context.Context) error {
	switch {
	case s.config.FailReadiness:
		return errors.New("FAIL_READINESS is set")
	case s.draining.Load():
		return errors.New("draining")
	case !s.warm.Load():
		return errors.New("warming up")
	}
	return s.serves(ctx)
}

// serves sends a request to the pod's own port, past faults and delays.
func (s *Server) serves(ctx context.Context) error {
	host, port, _ := net.SplitHostPort(s.main.Addr().String())
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+infoPath, nil)
	if err != nil {
		return err
	}
	response, err := s.self.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", request.URL, response.Status)
	}
	return nil
}
