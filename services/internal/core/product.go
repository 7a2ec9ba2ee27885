package core

import (
	"log/slog"
	"net/http"

	"upshift/services/internal/problem"
	"upshift/services/internal/server"
)

// Product is what the product service knows of a product.
type Product struct {
	ProductID int    `json:"productId"`
	Name      string `json:"name"`
	Weight    int    `json:"weight"`
	// WeightUnit is new in v2.
	WeightUnit     string `json:"weightUnit,omitempty"`
	ServiceAddress string `json:"serviceAddress,omitempty"`
}

func (p Product) product() int { return p.ProductID }
func (p Product) number() int  { return 0 }

// Check refuses a product whose id is not positive, with 422.
func (p Product) Check() error { return CheckID("productId", p.ProductID) }

func (p Product) shown(address string, major int) Product {
	p.ServiceAddress = address
	if major >= 2 {
		p.WeightUnit = "g"
	}
	return p
}

// Products are the routes of the product service: one product by its id.
func Products(address, version string, store *Store[Product], log *slog.Logger) http.Handler {
	major := server.Major(version)
	routes := server.NewRoutes(address, log)
	routes.Handle("GET /product/{productId}", func(r *http.Request) (any, error) {
		id, err := byPath(r)
		if err != nil {
			return nil, err
		}
		found := store.Of(id)
		if len(found) == 0 {
			return nil, problem.New(http.StatusNotFound, "No product found for productId: %d", id)
		}
		return found[0].shown(address, major), nil
	})
	routes.Handle("POST /product", adds(address, major, store))
	routes.Handle("DELETE /product/{productId}", deletes(address, store, byPath))
	return routes
}
