// Package remote is how one service calls another: once, with what the request took along, and telling what went wrong.
package remote

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"time"

	"upshift/services/internal/problem"
	"upshift/services/internal/server"
)

const maxAnswer = 8 << 20 // bytes

// Timeout reads CALL_TIMEOUT, how long one call may take; default 2s.
func Timeout(getenv func(string) string) (time.Duration, error) {
	timeout, err := time.ParseDuration(cmp.Or(getenv("CALL_TIMEOUT"), "2s"))
	if err != nil || timeout <= 0 {
		return 0, fmt.Errorf("CALL_TIMEOUT=%q is not a duration above zero, such as 2s", getenv("CALL_TIMEOUT"))
	}
	return timeout, nil
}

// NewClient keeps connections to the proxy open, but not as long as the proxy does (1 h): so it is never the far side
// that closes one just as a request goes out on it.
func NewClient(timeout time.Duration) *http.Client {
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: time.Second}).DialContext,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
	}
	return &http.Client{Transport: transport, Timeout: timeout}
}

// Service is another service as its caller sees it.
type Service struct {
	// Name is what messages call it.
	Name string
	// Base is its URL, to which paths are added.
	Base string
	HTTP *http.Client
}

// Call sends one request, with body as JSON unless it is nil, and decodes a 200 into answer. It gives the answer's headers,
// errors' too, and none when nobody answered: they name the pod and the version.
//
// What goes wrong becomes a Problem: the service's own 4xx as it is; 503 when it can't be reached or says so; 504 when it
// takes too long or says so; 502 for whatever else it answers.
func (s Service) Call(ctx context.Context, headers http.Header, method, path string, body, answer any) (http.Header, error) {
	request, err := s.request(ctx, headers, method, path, body)
	if err != nil {
		return nil, err
	}
	response, err := s.HTTP.Do(request)
	if err != nil {
		return nil, s.unreachable(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return response.Header, s.unreachable(err)
	}
	if response.StatusCode != http.StatusOK {
		return response.Header, s.refused(response.StatusCode, text, response.Header.Get(server.AddressHeader))
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return response.Header, problem.New(http.StatusBadGateway, "%s answered what is not the JSON expected: %s", s.Name, err)
	}
	return response.Header, nil
}

func (s Service) request(ctx context.Context, headers http.Header, method, path string, body any) (*http.Request, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	// A body of a type that net/http does not know can't be sent a second time: that is what keeps http.Transport from
	// silently repeating a GET when a connection breaks. A failed request must be seen, and counted.
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.Base, "/")+path, once{bytes.NewReader(text)})
	if err != nil {
		return nil, err
	}
	maps.Copy(request.Header, headers)
	if body != nil {
		request.ContentLength = int64(len(text))
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

type once struct{ io.Reader }

// unreachable tells callers which service it was; the error itself, with its addresses, is for the log.
func (s Service) unreachable(err error) error {
	told := problem.New(http.StatusServiceUnavailable, "%s can't be reached", s.Name)
	var network net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout() {
		told = problem.New(http.StatusGatewayTimeout, "%s did not answer in time", s.Name)
	}
	return fmt.Errorf("%w: %w", told, err)
}

func (s Service) refused(status int, text []byte, pod string) error {
	var p problem.Problem
	if json.Unmarshal(text, &p) != nil || p.Message == "" {
		p.Message = http.StatusText(status)
	}
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity:
		p.Status = status
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		p.Status, p.Message = status, s.Name+": "+p.Message
	default:
		p = *problem.New(http.StatusBadGateway, "%s answered %d: %s", s.Name, status, p.Message)
	}
	p.ServiceAddress = pod
	return &p
}
