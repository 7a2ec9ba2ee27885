package composite

import (
	"errors"

	"upshift/services/internal/core"
)

// Aggregate is a product with what the other services know of it.
type Aggregate struct {
	ProductID        int                     `json:"productId"`
	Name             string                  `json:"name"`
	Weight           int                     `json:"weight"`
	WeightUnit       string                  `json:"weightUnit,omitempty"`
	Recommendations  []RecommendationSummary `json:"recommendations"`
	Reviews          []ReviewSummary         `json:"reviews"`
	ServiceAddresses Addresses               `json:"serviceAddresses"`
}

// RecommendationSummary is a recommendation without what the aggregate says already.
type RecommendationSummary struct {
	RecommendationID int    `json:"recommendationId"`
	Author           string `json:"author"`
	Rate             int    `json:"rate"`
	Content          string `json:"content"`
	Stars            string `json:"stars,omitempty"`
}

// ReviewSummary is a review without what the aggregate says already.
type ReviewSummary struct {
	ReviewID int    `json:"reviewId"`
	Author   string `json:"author"`
	Subject  string `json:"subject"`
	Content  string `json:"content"`
	Words    int    `json:"words,omitempty"`
}

// Addresses are the pods that took part in an answer: composite, product, review, recommendation. One is empty when its
// service has none to name.
type Addresses struct {
	Composite      string `json:"cmp"`
	Product        string `json:"pro"`
	Review         string `json:"rev"`
	Recommendation string `json:"rec"`
}

func aggregate(product core.Product, recommendations []core.Recommendation, reviews []core.Review, addresses Addresses) Aggregate {
	a := Aggregate{
		ProductID: product.ProductID, Name: product.Name, Weight: product.Weight, WeightUnit: product.WeightUnit,
		Recommendations: []RecommendationSummary{}, Reviews: []ReviewSummary{}, ServiceAddresses: addresses,
	}
	for _, r := range recommendations {
		a.Recommendations = append(a.Recommendations, RecommendationSummary{r.RecommendationID, r.Author, r.Rate, r.Content, r.Stars})
	}
	for _, r := range reviews {
		a.Reviews = append(a.Reviews, ReviewSummary{r.ReviewID, r.Author, r.Subject, r.Content, r.Words})
	}
	return a
}

// check finds what the core services would refuse, before any of them has been told anything.
func (a Aggregate) check() error {
	errs := []error{a.product().Check()}
	for _, r := range a.recommendations() {
		errs = append(errs, r.Check())
	}
	for _, r := range a.reviews() {
		errs = append(errs, r.Check())
	}
	return errors.Join(errs...)
}

func (a Aggregate) product() core.Product {
	return core.Product{ProductID: a.ProductID, Name: a.Name, Weight: a.Weight}
}

func (a Aggregate) recommendations() []core.Recommendation {
	all := []core.Recommendation{}
	for _, r := range a.Recommendations {
		all = append(all, core.Recommendation{ProductID: a.ProductID, RecommendationID: r.RecommendationID, Author: r.Author, Rate: r.Rate, Content: r.Content})
	}
	return all
}

func (a Aggregate) reviews() []core.Review {
	all := []core.Review{}
	for _, r := range a.Reviews {
		all = append(all, core.Review{ProductID: a.ProductID, ReviewID: r.ReviewID, Author: r.Author, Subject: r.Subject, Content: r.Content})
	}
	return all
}
