// Package core holds the three core services: product, recommendation and review.
package core

import (
	"net/http"
	"slices"
	"sync"

	"upshift/services/internal/problem"
)

// entity is what a store keeps: it belongs to a product, and has a number that is unique among that product's.
type entity[T any] interface {
	product() int
	number() int
	// Check says what is wrong with an entity that a caller sent.
	Check() error
	// shown is the entity as the pod at this address, of this major version, shows it to callers.
	shown(address string, major int) T
}

// Store keeps entities by product in memory. Each pod has its own: what one was told, another does not know.
type Store[T entity[T]] struct {
	mu        sync.RWMutex
	byProduct map[int][]T
}

// NewStore makes a store that holds the given entities.
func NewStore[T entity[T]](entities []T) *Store[T] {
	s := &Store[T]{byProduct: map[int][]T{}}
	for _, e := range entities {
		s.byProduct[e.product()] = append(s.byProduct[e.product()], e)
	}
	return s
}

// Of gives the entities of a product, in the order in which they were added.
func (s *Store[T]) Of(productID int) []T {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.byProduct[productID])
}

// Add keeps all entities, or none and a 422 when one is there already.
func (s *Store[T]) Add(entities []T) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range entities {
		same := func(other T) bool { return other.product() == e.product() && other.number() == e.number() }
		if slices.ContainsFunc(s.byProduct[e.product()], same) || slices.ContainsFunc(entities[:i], same) {
			return problem.New(http.StatusUnprocessableEntity, "Duplicate key, Product Id: %d, Id: %d", e.product(), e.number())
		}
	}
	for _, e := range entities {
		s.byProduct[e.product()] = append(s.byProduct[e.product()], e)
	}
	return nil
}

// Delete forgets the entities of a product; that there are none is no error.
func (s *Store[T]) Delete(productID int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byProduct, productID)
}
