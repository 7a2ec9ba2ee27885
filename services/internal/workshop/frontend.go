package workshop

import (
	"cmp"
	_ "embed"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"upshift/services/internal/remote"
	"upshift/services/internal/server"
)

// testerHeader is the one by which the mesh sends testers to the new version of customers. It must be passed on: the
// frontend's own calls would otherwise say Go-http-client.
const testerHeader = "User-Agent"

//go:embed frontend.html
var html string

var page = template.Must(template.New("frontend").Parse(html))

// FrontendConfig is where customers is, and how long it may take.
type FrontendConfig struct {
	// CustomersURL is CUSTOMER_SERVICE_URL; default http://customers.
	CustomersURL string
	// Timeout is CALL_TIMEOUT; default 2s.
	Timeout time.Duration
}

// FrontendConfigFrom reads the configuration through getenv.
func FrontendConfigFrom(getenv func(string) string) (FrontendConfig, error) {
	timeout, err := remote.Timeout(getenv)
	return FrontendConfig{cmp.Or(getenv("CUSTOMER_SERVICE_URL"), "http://customers"), timeout}, err
}

// Frontend are the routes of web-frontend for the pod with the given address: a page with the customers in a table. It has
// a column for the city as soon as one of them has a city.
func Frontend(address string, config FrontendConfig, log *slog.Logger) http.Handler {
	service := remote.Service{Name: "customers", Base: config.CustomersURL, HTTP: remote.NewClient(config.Timeout)}
	routes := server.NewRoutes(address, log)
	routes.HandlePage("GET /{$}", page, func(answer http.Header, r *http.Request) (any, error) {
		var list []Customer
		from, err := service.Call(r.Context(), remote.Forwarded(r.Header, testerHeader), http.MethodGet, "/", nil, &list)
		server.AddServedBy(answer, from)
		return tableOf(list), err
	})
	return routes
}

type table struct {
	Columns []string
	Rows    [][]string
}

func tableOf(list []Customer) table {
	withCity := slices.ContainsFunc(list, func(customer Customer) bool { return customer.City != "" })
	t := table{Columns: []string{"Name"}}
	if withCity {
		t.Columns = append(t.Columns, "City")
	}
	for _, customer := range list {
		row := []string{customer.Name}
		if withCity {
			row = append(row, customer.City)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
