package core

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"

	"upshift/services/internal/server"
)

// Lists are the routes of a service that keeps several entities for a product, at path: recommendations or reviews.
func Lists[T entity[T]](path, address, version string, store *Store[T], log *slog.Logger) http.Handler {
	major := server.Major(version)
	routes := server.NewRoutes(address, log)
	routes.Handle("GET "+path, func(r *http.Request) (any, error) {
		id, err := byQuery(r)
		if err != nil {
			return nil, err
		}
		return shown(address, major, store.Of(id)), nil
	})
	routes.Handle("POST "+path, adds(address, major, store))
	routes.Handle("DELETE "+path, deletes(address, store, byQuery))
	return routes
}

// adds keeps what the body holds and answers with it.
func adds[T entity[T]](address string, major int, store *Store[T]) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		sent, err := server.ReadJSON[oneOrMore[T]](r)
		if err != nil {
			return nil, err
		}
		for _, e := range sent.entities {
			if err := e.Check(); err != nil {
				return nil, err
			}
		}
		if err := store.Add(sent.entities); err != nil {
			return nil, err
		}
		kept := shown(address, major, sent.entities)
		if sent.one {
			return kept[0], nil
		}
		return kept, nil
	}
}

// Deleted is the answer to a DELETE: which product, and the pod that forgot it.
type Deleted struct {
	ProductID      int    `json:"productId"`
	ServiceAddress string `json:"serviceAddress"`
}

// deletes forgets what belongs to the product that idOf finds in the request.
func deletes[T entity[T]](address string, store *Store[T], idOf func(*http.Request) (int, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		id, err := idOf(r)
		if err != nil {
			return nil, err
		}
		store.Delete(id)
		return Deleted{id, address}, nil
	}
}

func shown[T entity[T]](address string, major int, entities []T) []T {
	all := make([]T, 0, len(entities)) // never nil: an empty list is [] in JSON
	for _, e := range entities {
		all = append(all, e.shown(address, major))
	}
	return all
}

// oneOrMore is a body with one entity or a list of them. A list goes to one pod as a whole, where single requests would be
// spread over all.
type oneOrMore[T any] struct {
	entities []T
	one      bool
}

// UnmarshalJSON takes an object or an array of objects.
func (o *oneOrMore[T]) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("[")) {
		return json.Unmarshal(text, &o.entities)
	}
	var single T
	o.one = true
	if err := json.Unmarshal(text, &single); err != nil {
		return err
	}
	o.entities = []T{single}
	return nil
}
