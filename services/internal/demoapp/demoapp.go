// Package demoapp is the demo application of seed 001: one page that shows its version.
package demoapp

import (
	_ "embed"
	"html/template"
	"log/slog"
	"net/http"

	"upshift/services/internal/server"
)

//go:embed index.html
var index string

var page = template.Must(template.New("index").Parse(index))

type shown struct{ Version, Pod string }

// New makes the routes for the pod with the given address.
func New(address, version string, log *slog.Logger) http.Handler {
	routes := server.NewRoutes(address, log)
	routes.HandlePage("GET /{$}", page, func(http.Header, *http.Request) (any, error) {
		return shown{version, address}, nil
	})
	return routes
}
