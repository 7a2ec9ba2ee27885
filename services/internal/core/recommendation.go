package core

import (
	"errors"
	"net/http"

	"upshift/services/internal/problem"
)

// Recommendation is one author's rating of a product.
type Recommendation struct {
	ProductID        int    `json:"productId"`
	RecommendationID int    `json:"recommendationId"`
	Author           string `json:"author"`
	Rate             int    `json:"rate"`
	Content          string `json:"content"`
	// Stars is new in v2: the rate with its maximum.
	Stars          string `json:"stars,omitempty"`
	ServiceAddress string `json:"serviceAddress,omitempty"`
}

func (r Recommendation) product() int { return r.ProductID }
func (r Recommendation) number() int  { return r.RecommendationID }

// Check refuses ids that are not positive and rates out of range, with 422.
func (r Recommendation) Check() error {
	return errors.Join(CheckID("productId", r.ProductID), CheckID("recommendationId", r.RecommendationID), r.checkRate())
}

func (r Recommendation) checkRate() error {
	if r.Rate < 0 || r.Rate > maxRate {
		return problem.New(http.StatusUnprocessableEntity, "Invalid rate: %d, it goes from 0 to %d", r.Rate, maxRate)
	}
	return nil
}

func (r Recommendation) shown(address string, major int) Recommendation {
	r.ServiceAddress = address
	if major >= 2 {
		r.Stars = stars(r.Rate)
	}
	return r
}

const maxRate = 5

func stars(rate int) string {
	text := []rune("☆☆☆☆☆")
	for i := range rate {
		text[i] = '★'
	}
	return string(text)
}
