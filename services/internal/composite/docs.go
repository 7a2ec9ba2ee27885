package composite

import (
	_ "embed"
	"net/http"

	"upshift/services/internal/server"
)

//go:embed openapi.json
var openAPI []byte

//go:embed swagger-ui.html
var page []byte

// addDocs serves the description of the API, for programs and for people.
func addDocs(routes *server.Routes) {
	routes.HandleRaw("GET /openapi/v3/api-docs", fixed("application/json", openAPI))
	routes.HandleRaw("GET /openapi/swagger-ui.html", fixed("text/html; charset=utf-8", page))
}

func fixed(contentType string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content) // a caller who is gone can't be told more
	}
}
