package tiers

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"upshift/services/internal/problem"
	"upshift/services/internal/remote"
	"upshift/services/internal/server"
)

// FrontendConfig is which backend a frontend asks, and how long it waits.
type FrontendConfig struct {
	// BackendURL is BACKEND. It has no default: a frontend that does not know its own backend must not guess one.
	BackendURL string
	// Timeout is CALL_TIMEOUT; default 2s.
	Timeout time.Duration
}

// FrontendConfigFrom reads the configuration through getenv; the error names every variable that is wrong.
func FrontendConfigFrom(getenv func(string) string) (FrontendConfig, error) {
	timeout, err := remote.Timeout(getenv)
	backend := getenv("BACKEND")
	if base, wrong := url.Parse(backend); wrong != nil || base.Scheme != "http" || base.Host == "" {
		err = errors.Join(fmt.Errorf("BACKEND=%q is not the backend's address, such as http://backend-v1", backend), err)
	}
	return FrontendConfig{backend, timeout}, err
}

// Frontend are the routes of the frontend for the pod with the given address: a line with the versions of both tiers,
// `frontend:v1 - backend:v1`. Where the backend gives no good answer, there is none here.
func Frontend(address, version string, config FrontendConfig, log *slog.Logger) http.Handler {
	backend := remote.Service{Name: "backend", Base: config.BackendURL, HTTP: remote.NewClient(config.Timeout)}
	routes := server.NewRoutes(address, log)
	routes.HandleRaw("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		headers := remote.Forwarded(r.Header)
		headers.Set(callerHeader, version)
		var answer part
		from, err := backend.Call(r.Context(), headers, http.MethodGet, "/", nil, &answer)
		server.AddServedBy(w.Header(), from)
		if err != nil {
			log.Error("failed", "backend", config.BackendURL, "error", err.Error())
			problem.Write(w, r, err, address)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintln(w, part{"frontend", version}, "-", answer) // a caller who is gone can't be told more
	})
	return routes
}
