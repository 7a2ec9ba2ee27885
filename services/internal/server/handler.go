package server

import (
	"log"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"upshift/services/internal/problem"
)

const infoPath = "/actuator/info"

type info struct {
	Service        string `json:"service"`
	Version        string `json:"version"`
	ServiceAddress string `json:"serviceAddress"`
}

func (s *Server) info(*http.Request) (any, error) {
	return info{s.service.Name, s.service.Version, s.Address()}, nil
}

// handler puts around the service's routes what every service needs.
func (s *Server) handler() http.Handler {
	routes := NewRoutes(s.Address(), s.log)
	routes.Handle("GET "+infoPath, s.info)
	faulty := s.faults(s.service.Handler)
	served := s.servedBy()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(ServedByHeader, served)
		// While draining each answer asks the caller to open its next connection elsewhere. Closing idle connections
		// instead would cut those on which a request is just arriving.
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		if r.URL.Path == infoPath {
			routes.ServeHTTP(w, r)
			return
		}
		faulty.ServeHTTP(w, r)
	})
}

// faults adds the failures and the delay that the environment asks for, in tests of gates and rollbacks.
func (s *Server) faults(next http.Handler) http.Handler {
	if s.config.FailRate == 0 && s.config.Delay == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(s.config.Delay):
		case <-r.Context().Done():
			return
		}
		if rand.Float64()*100 < s.config.FailRate {
			w.Header().Set(AddressHeader, s.Address())
			problem.Write(w, r, problem.New(http.StatusInternalServerError, "Failed as FAIL_RATE asks"), s.Address())
			return
		}
		next.ServeHTTP(w, r)
	})
}

// errorLog sends what net/http has to say into the structured log.
func errorLog(to *slog.Logger) *log.Logger {
	return slog.NewLogLogger(to.Handler(), slog.LevelWarn)
}
