// Package tiers is the two tiers of seed 004: a frontend asks a backend, and each answer tells both versions.
package tiers

import (
	"cmp"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"upshift/services/internal/problem"
	"upshift/services/internal/server"
)

// callerHeader tells the backend which version of the frontend asks.
const callerHeader = "X-Frontend-Version"

// part is what one tier says of itself.
type part struct {
	Tier    string `json:"tier"`
	Version string `json:"version"`
}

func (p part) String() string { return p.Tier + ":" + p.Version }

// Accepts reads ACCEPTS, the versions of the frontend that a backend of the given version answers: `v1,v2`; default its own.
func Accepts(getenv func(string) string, version string) []string {
	var accepted []string
	for _, name := range strings.Split(cmp.Or(getenv("ACCEPTS"), version), ",") {
		accepted = append(accepted, strings.TrimSpace(name))
	}
	return accepted
}

// Backend are the routes of the backend for the pod with the given address. A frontend of a version that is not accepted is
// refused with 409, so that versions that mix are seen; who does not say that it is a frontend is answered.
func Backend(address, version string, accepts []string, log *slog.Logger) http.Handler {
	routes := server.NewRoutes(address, log)
	routes.Handle("GET /{$}", func(r *http.Request) (any, error) {
		if caller := r.Header.Get(callerHeader); caller != "" && !slices.Contains(accepts, caller) {
			return nil, problem.New(http.StatusConflict, "backend:%s does not answer frontend:%s, but only frontend:%s",
				version, caller, strings.Join(accepts, ", frontend:"))
		}
		return part{"backend", version}, nil
	})
	return routes
}
