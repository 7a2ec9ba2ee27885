package core

import (
	"net/http"
	"strconv"

	"upshift/services/internal/problem"
)

// ID reads an id as callers write it: 400 when it is not a number of 32 bits, 422 when it is not positive.
func ID(name, text string) (int, error) {
	id, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, problem.New(http.StatusBadRequest, "Type mismatch.")
	}
	return int(id), CheckID(name, int(id))
}

// CheckID refuses an id that is not positive, with 422.
func CheckID(name string, id int) error {
	if id < 1 {
		return problem.New(http.StatusUnprocessableEntity, "Invalid %s: %d", name, id)
	}
	return nil
}

func byPath(r *http.Request) (int, error) {
	return ID("productId", r.PathValue("productId"))
}

func byQuery(r *http.Request) (int, error) {
	if !r.URL.Query().Has("productId") {
		return 0, problem.New(http.StatusBadRequest, "Required int parameter 'productId' is not present")
	}
	return ID("productId", r.URL.Query().Get("productId"))
}
