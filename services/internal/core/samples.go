package core

import "fmt"

// What every pod knows from its start: products 1 to 300, with three recommendations and three reviews each, but for
// those the well-known tests expect to be missing something.
const (
	lastSample        = 300
	noProduct         = 13
	noRecommendations = 113
	noReviews         = 213
)

// SampleProducts are the products a pod begins with.
func SampleProducts() []Product {
	return samples(noProduct, 1, func(id, _ int) Product {
		return Product{ProductID: id, Name: fmt.Sprintf("name-%d", id), Weight: 100 + id}
	})
}

// SampleRecommendations are the recommendations a pod begins with.
func SampleRecommendations() []Recommendation {
	return samples(noRecommendations, 3, func(id, n int) Recommendation {
		return Recommendation{ProductID: id, RecommendationID: n, Author: fmt.Sprintf("Author %d", n), Rate: n, Content: fmt.Sprintf("Content %d", n)}
	})
}

// SampleReviews are the reviews a pod begins with.
func SampleReviews() []Review {
	return samples(noReviews, 3, func(id, n int) Review {
		return Review{ProductID: id, ReviewID: n, Author: fmt.Sprintf("Author %d", n), Subject: fmt.Sprintf("Subject %d", n), Content: fmt.Sprintf("Content %d", n)}
	})
}

func samples[T any](without, each int, entity func(productID, number int) T) []T {
	var all []T
	for id := 1; id <= lastSample; id++ {
		if id == without || id == noProduct {
			continue
		}
		for n := 1; n <= each; n++ {
			all = append(all, entity(id, n))
		}
	}
	return all
}
