package core

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const pod = "pod-a/10.0.0.1:8080"

var silent = slog.New(slog.DiscardHandler)

func products(version string) http.Handler {
	return Products(pod, version, NewStore(SampleProducts()), silent)
}

func recommendations(version string) http.Handler {
	return Lists("/recommendation", pod, version, NewStore(SampleRecommendations()), silent)
}

func reviews(version string) http.Handler {
	return Lists("/review", pod, version, NewStore(SampleReviews()), silent)
}

func ask(t *testing.T, service http.Handler, method, path, body string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	service.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func decoded[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("not the JSON expected: %v: %s", err, text)
	}
	return value
}

func TestEveryRequestHasItsStatus(t *testing.T) {
	for _, c := range []struct {
		service      http.Handler
		method, path string
		body         string
		status       int
		says         string
	}{
		{products("v1"), "GET", "/product/1", "", 200, `"name":"name-1"`},
		{products("v1"), "GET", "/product/13", "", 404, "No product found for productId: 13"},
		{products("v1"), "GET", "/product/-1", "", 422, "Invalid productId: -1"},
		{products("v1"), "GET", "/product/0", "", 422, "Invalid productId: 0"},
		{products("v1"), "GET", "/product/not-a-number", "", 400, "Type mismatch."},
		{products("v1"), "GET", "/product/2147483648", "", 400, "Type mismatch."},
		{products("v1"), "POST", "/product", `{"productId":1}`, 422, "Duplicate key, Product Id: 1"},
		{products("v1"), "POST", "/product", `{"productId":`, 400, "not the JSON expected"},
		{products("v1"), "POST", "/product", `{"productId":"1"}`, 400, "not the JSON expected"},
		{products("v1"), "POST", "/product", `{"productId":-5}`, 422, "Invalid productId: -5"},
		{products("v1"), "DELETE", "/product/x", "", 400, "Type mismatch."},
		{products("v1"), "GET", "/products", "", 404, "Not Found: GET /products"},
		{products("v1"), "PUT", "/product/1", "", 405, "Method Not Allowed"},
		{recommendations("v1"), "GET", "/recommendation?productId=1", "", 200, `"recommendationId":3`},
		{recommendations("v1"), "GET", "/recommendation?productId=113", "", 200, "[]"},
		{recommendations("v1"), "GET", "/recommendation?productId=-1", "", 422, "Invalid productId: -1"},
		{recommendations("v1"), "GET", "/recommendation?productId=x", "", 400, "Type mismatch."},
		{recommendations("v1"), "GET", "/recommendation", "", 400, "Required int parameter 'productId' is not present"},
		{recommendations("v1"), "DELETE", "/recommendation", "", 400, "Required int parameter 'productId' is not present"},
		{recommendations("v1"), "POST", "/recommendation", `{"productId":1,"recommendationId":9,"rate":6}`, 422, "Invalid rate: 6"},
		{recommendations("v1"), "POST", "/recommendation", `{"productId":1,"recommendationId":-9}`, 422, "Invalid recommendationId: -9"},
		{reviews("v1"), "GET", "/review?productId=1", "", 200, `"reviewId":3`},
		{reviews("v1"), "GET", "/review?productId=213", "", 200, "[]"},
		{reviews("v1"), "POST", "/review", `{"productId":1,"reviewId":0}`, 422, "Invalid reviewId: 0"},
	} {
		if status, text := ask(t, c.service, c.method, c.path, c.body); status != c.status || !strings.Contains(text, c.says) {
			t.Errorf("%s %s %s: want %d %q, got %d %s", c.method, c.path, c.body, c.status, c.says, status, text)
		}
	}
}

func TestAnswersNameThePodThatGaveThem(t *testing.T) {
	_, product := ask(t, products("v1"), "GET", "/product/1", "")
	_, list := ask(t, reviews("v1"), "GET", "/review?productId=1", "")
	if got := decoded[Product](t, product).ServiceAddress; got != pod {
		t.Errorf("product: got %q", got)
	}
	for _, review := range decoded[[]Review](t, list) {
		if review.ServiceAddress != pod {
			t.Errorf("review: got %q", review.ServiceAddress)
		}
	}
	w := httptest.NewRecorder()
	reviews("v1").ServeHTTP(w, httptest.NewRequest("GET", "/review?productId=213", nil))
	if got := w.Header().Get("X-Service-Address"); got != pod {
		t.Errorf("an empty list: the header says %q", got)
	}
}

func TestVersion2AddsAFieldAndChangesNoOther(t *testing.T) {
	for _, c := range []struct {
		service func(version string) http.Handler
		path    string
		added   string
	}{
		{products, "/product/1", `,"weightUnit":"g"`},
		{recommendations, "/recommendation?productId=1", `,"stars":"★★★☆☆"`},
		{reviews, "/review?productId=1", `,"words":2`},
	} {
		_, v1 := ask(t, c.service("v1"), "GET", c.path, "")
		_, v2 := ask(t, c.service("v2"), "GET", c.path, "")
		if strings.Contains(v1, c.added) || !strings.Contains(v2, c.added) {
			t.Errorf("%s: v1 %s v2 %s", c.path, v1, v2)
		}
	}
	_, v1 := ask(t, products("v1"), "GET", "/product/1", "")
	_, v2 := ask(t, products("v2"), "GET", "/product/1", "")
	if without := strings.Replace(v2, `,"weightUnit":"g"`, "", 1); without != v1 {
		t.Errorf("v1 %s v2 %s", v1, v2)
	}
}

func TestWhatIsCreatedCanBeReadAndDeleted(t *testing.T) {
	service := products("v1")
	if status, text := ask(t, service, "POST", "/product", `{"productId":13,"name":"found","weight":7}`); status != 200 {
		t.Fatalf("create: %d %s", status, text)
	}
	if _, text := ask(t, service, "GET", "/product/13", ""); decoded[Product](t, text) != (Product{ProductID: 13, Name: "found", Weight: 7, ServiceAddress: pod}) {
		t.Errorf("read: %s", text)
	}
	for range 2 { // the second time there is nothing left to delete, which is no error
		if status, text := ask(t, service, "DELETE", "/product/13", ""); status != 200 {
			t.Errorf("delete: %d %s", status, text)
		}
	}
	if status, _ := ask(t, service, "GET", "/product/13", ""); status != 404 {
		t.Errorf("read after delete: %d", status)
	}
}

func TestAListIsKeptAsAWholeOrNotAtAll(t *testing.T) {
	service := reviews("v1")
	if status, _ := ask(t, service, "POST", "/review", `[{"productId":213,"reviewId":1},{"productId":213,"reviewId":1}]`); status != 422 {
		t.Errorf("a list that repeats a key: %d", status)
	}
	if _, text := ask(t, service, "GET", "/review?productId=213", ""); strings.TrimSpace(text) != "[]" {
		t.Errorf("a part was kept: %s", text)
	}
	if status, _ := ask(t, service, "POST", "/review", `[{"productId":213,"reviewId":1},{"productId":213,"reviewId":2}]`); status != 200 {
		t.Errorf("a good list: %d", status)
	}
	if _, text := ask(t, service, "GET", "/review?productId=213", ""); len(decoded[[]Review](t, text)) != 2 {
		t.Errorf("got %s", text)
	}
}
