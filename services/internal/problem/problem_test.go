package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
)

func written(t *testing.T, err error) (int, Problem) {
	t.Helper()
	w := httptest.NewRecorder()
	Write(w, httptest.NewRequest("GET", "/product/13", nil), err, "product-v1-a/10.0.0.1:8080")
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("the body is not JSON: %v: %s", err, w.Body)
	}
	return w.Code, p
}

func TestAnErrorSaysWhenWhereWhatAndWho(t *testing.T) {
	code, p := written(t, fmt.Errorf("wrapped: %w", New(404, "No product found for productId: %d", 13)))
	if code != 404 || p.Status != 404 || p.Path != "/product/13" || p.Message != "No product found for productId: 13" {
		t.Errorf("got %d %+v", code, p)
	}
	if p.Timestamp.IsZero() || p.ServiceAddress != "product-v1-a/10.0.0.1:8080" {
		t.Errorf("timestamp or address is missing: %+v", p)
	}
}

func TestTheAddressOfTheServiceThatFailedIsKept(t *testing.T) {
	failed := New(404, "x")
	failed.ServiceAddress = "product-v2-b/10.0.0.2:8080"
	if _, p := written(t, failed); p.ServiceAddress != failed.ServiceAddress {
		t.Errorf("got %q", p.ServiceAddress)
	}
}

func TestTheDetailsOfAnUnexpectedErrorStayInside(t *testing.T) {
	if code, p := written(t, errors.New("password is secret")); code != 500 || p.Message != "Internal error" {
		t.Errorf("got %d %q", code, p.Message)
	}
}
