package observe

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"upshift/services/internal/problem"
)

const maxAnswer = 8 << 20 // bytes

// Sample is one value of an instant vector.
type Sample struct {
	Labels map[string]string
	Value  float64
}

type prometheus struct {
	base string
	http *http.Client
}

// query asks for an instant vector, now. Values that are no number are left out: a quantile of nothing is one.
func (p prometheus) query(ctx context.Context, promQL string) ([]Sample, error) {
	form := strings.NewReader(url.Values{"query": {promQL}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+"/api/v1/query", form)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := p.http.Do(request)
	if err != nil {
		return nil, problem.New(http.StatusServiceUnavailable, "Prometheus does not answer: %s", err)
	}
	defer response.Body.Close()
	var answer struct {
		Error string `json:"error"`
		Data  struct {
			Result []struct {
				Metric map[string]string `json:"metric"`
				Value  [2]any            `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&answer)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, problem.New(http.StatusBadGateway, "Prometheus answered %s: %s", response.Status, answer.Error)
	}
	var samples []Sample
	for _, result := range answer.Data.Result {
		text, _ := result.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err == nil && !math.IsNaN(value) && !math.IsInf(value, 0) {
			samples = append(samples, Sample{result.Metric, value})
		}
	}
	return samples, nil
}
