// Package composite is the service that callers see: it puts a product together from the three core services.
package composite

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"upshift/services/internal/core"
	"upshift/services/internal/remote"
	"upshift/services/internal/server"
)

// Config is where the core services are, and how long one may take.
type Config struct {
	// ProductURL is PRODUCT_URL; default http://product.
	ProductURL string
	// RecommendationURL is RECOMMENDATION_URL; default http://recommendation.
	RecommendationURL string
	// ReviewURL is REVIEW_URL; default http://review.
	ReviewURL string
	// Timeout is CALL_TIMEOUT, for each call; default 2s.
	Timeout time.Duration
}

// ConfigFrom reads the configuration through getenv.
func ConfigFrom(getenv func(string) string) (Config, error) {
	timeout, err := remote.Timeout(getenv)
	if err != nil {
		return Config{}, err
	}
	return Config{
		ProductURL:        cmp.Or(getenv("PRODUCT_URL"), "http://product"),
		RecommendationURL: cmp.Or(getenv("RECOMMENDATION_URL"), "http://recommendation"),
		ReviewURL:         cmp.Or(getenv("REVIEW_URL"), "http://review"),
		Timeout:           timeout,
	}, nil
}

// New makes the routes of the composite for the pod with the given address.
func New(address string, config Config, log *slog.Logger) http.Handler {
	client := remote.NewClient(config.Timeout)
	c := &composite{
		address:        address,
		product:        remote.Service{Name: "product", Base: config.ProductURL, HTTP: client},
		recommendation: remote.Service{Name: "recommendation", Base: config.RecommendationURL, HTTP: client},
		review:         remote.Service{Name: "review", Base: config.ReviewURL, HTTP: client},
	}
	routes := server.NewRoutes(address, log)
	routes.Handle("GET /product-composite/{productId}", c.read)
	routes.Handle("POST /product-composite", c.create)
	routes.Handle("DELETE /product-composite/{productId}", c.delete)
	addDocs(routes)
	return routes
}

type composite struct {
	address                         string
	product, recommendation, review remote.Service
}

// read asks the three services side by side. Without a product there is no answer, and its error is told first; a service
// that has nothing on this product (404) leaves its list empty; any other failure is the caller's to see, or a bad version
// would hide in answers that look good.
func (c *composite) read(r *http.Request) (any, error) {
	id, err := core.ID("productId", r.PathValue("productId"))
	if err != nil {
		return nil, err
	}
	var product core.Product
	var recommendations []core.Recommendation
	var reviews []core.Review
	pods := Addresses{Composite: c.address}
	err = sideBySide(r, http.MethodGet,
		call{to: c.product, path: productPath(id), answer: &product, pod: &pods.Product},
		call{to: c.recommendation, path: recommendationPath(id), answer: &recommendations, pod: &pods.Recommendation, optional: true},
		call{to: c.review, path: reviewPath(id), answer: &reviews, pod: &pods.Review, optional: true})
	if err != nil {
		return nil, err
	}
	return aggregate(product, recommendations, reviews, pods), nil
}

// create tells each service its part, the product first, and answers with what they kept and which pods keep it. It is no
// transaction: when a later service fails, the earlier ones' parts stay until a DELETE.
func (c *composite) create(r *http.Request) (any, error) {
	sent, err := server.ReadJSON[Aggregate](r)
	if err != nil {
		return nil, err
	}
	if err := sent.check(); err != nil {
		return nil, err
	}
	var product core.Product
	var recommendations []core.Recommendation
	var reviews []core.Review
	pods := Addresses{Composite: c.address}
	err = sideBySide(r, http.MethodPost, call{to: c.product, path: "/product", body: sent.product(), answer: &product, pod: &pods.Product})
	if err != nil {
		return nil, err
	}
	err = sideBySide(r, http.MethodPost,
		call{to: c.recommendation, path: "/recommendation", body: sent.recommendations(), answer: &recommendations, pod: &pods.Recommendation},
		call{to: c.review, path: "/review", body: sent.reviews(), answer: &reviews, pod: &pods.Review})
	if err != nil {
		return nil, err
	}
	return aggregate(product, recommendations, reviews, pods), nil
}

// Deleted is the answer to a DELETE: which product, and the pods that forgot it.
type Deleted struct {
	ProductID        int       `json:"productId"`
	ServiceAddresses Addresses `json:"serviceAddresses"`
}

func (c *composite) delete(r *http.Request) (any, error) {
	id, err := core.ID("productId", r.PathValue("productId"))
	if err != nil {
		return nil, err
	}
	pods := Addresses{Composite: c.address}
	err = sideBySide(r, http.MethodDelete,
		call{to: c.product, path: productPath(id), answer: &core.Deleted{}, pod: &pods.Product},
		call{to: c.recommendation, path: recommendationPath(id), answer: &core.Deleted{}, pod: &pods.Recommendation},
		call{to: c.review, path: reviewPath(id), answer: &core.Deleted{}, pod: &pods.Review})
	if err != nil {
		return nil, err
	}
	return Deleted{id, pods}, nil
}

func productPath(id int) string        { return fmt.Sprintf("/product/%d", id) }
func recommendationPath(id int) string { return fmt.Sprintf("/recommendation?productId=%d", id) }
func reviewPath(id int) string         { return fmt.Sprintf("/review?productId=%d", id) }
