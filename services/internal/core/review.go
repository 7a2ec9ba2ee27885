package core

import (
	"errors"
	"strings"
)

// Review is what one author wrote about a product.
type Review struct {
	ProductID int    `json:"productId"`
	ReviewID  int    `json:"reviewId"`
	Author    string `json:"author"`
	Subject   string `json:"subject"`
	Content   string `json:"content"`
	// Words is new in v2: the length of the content.
	Words          int    `json:"words,omitempty"`
	ServiceAddress string `json:"serviceAddress,omitempty"`
}

func (r Review) product() int { return r.ProductID }
func (r Review) number() int  { return r.ReviewID }

// Check refuses ids that are not positive, with 422.
func (r Review) Check() error {
	return errors.Join(CheckID("productId", r.ProductID), CheckID("reviewId", r.ReviewID))
}

func (r Review) shown(address string, major int) Review {
	r.ServiceAddress = address
	if major >= 2 {
		r.Words = len(strings.Fields(r.Content))
	}
	return r
}
