// Package workshop is the two services of seed 002: web-frontend shows the list that customers gives.
package workshop

import (
	"log/slog"
	"net/http"

	"upshift/services/internal/server"
)

// Customer is one customer as v1 tells of it: by name alone. From v2 on there is the city too.
type Customer struct {
	Name string `json:"name"`
	City string `json:"city,omitempty"`
}

var customers = []Customer{
	{"Ada Lindqvist", "Uppsala"},
	{"Bruno Marchetti", "Bergamo"},
	{"Chidi Okafor", "Enugu"},
	{"Dagny Solheim", "Tromsø"},
	{"Esra Yıldız", "Izmir"},
	{"Farid Haddad", "Sidon"},
	{"Greta Vogel", "Jena"},
	{"Hana Kovářová", "Olomouc"},
	{"Iris van Dijk", "Leiden"},
	{"João Teixeira", "Braga"},
}

// Customers are the routes of the customers service for the pod with the given address: the list of all customers.
func Customers(address, version string, log *slog.Logger) http.Handler {
	list := customers
	if server.Major(version) < 2 {
		list = make([]Customer, len(customers))
		for i, customer := range customers {
			list[i] = Customer{Name: customer.Name}
		}
	}
	routes := server.NewRoutes(address, log)
	routes.Handle("GET /{$}", func(*http.Request) (any, error) { return list, nil })
	return routes
}
