package observe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"upshift/services/internal/problem"
)

// podLister asks the API server for pods, as the pod's service account.
type podLister struct {
	base  string
	token string // the file: the kubelet writes a new token into it from time to time
	http  *http.Client
}

// targetGroup is what Prometheus' http_sd_configs wants: addresses with labels.
type targetGroup struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// newPodLister gives nil outside of a cluster, or where the pod has no service account.
func newPodLister(getenv func(string) string, folder string) *podLister {
	host, port := getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT")
	authority, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	if host == "" || err != nil {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return &podLister{"https://" + net.JoinHostPort(host, port), filepath.Join(folder, "token"), &http.Client{Transport: transport}}
}

// targets lists the pods of the namespaces asked for, with the labels that Prometheus' own discovery of pods gives them.
// Debian's Prometheus is built without that.
func (v *View) targets(r *http.Request) ([]targetGroup, error) {
	if v.pods == nil {
		return nil, problem.New(http.StatusServiceUnavailable, "This pod may not ask the API server")
	}
	ctx, cancel := context.WithTimeout(r.Context(), v.prometheus.http.Timeout)
	defer cancel()
	groups := []targetGroup{}
	for _, namespace := range r.URL.Query()["namespace"] {
		found, err := v.pods.list(ctx, namespace)
		if err != nil {
			return nil, err
		}
		groups = append(groups, found...)
	}
	return groups, nil
}

func (p *podLister) list(ctx context.Context, namespace string) ([]targetGroup, error) {
	token, err := os.ReadFile(p.token)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/api/v1/namespaces/"+url.PathEscape(namespace)+"/pods", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	response, err := p.http.Do(request)
	if err != nil {
		return nil, problem.New(http.StatusServiceUnavailable, "The API server does not answer: %s", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, problem.New(http.StatusBadGateway, "The API server answered %s for the pods of %s", response.Status, namespace)
	}
	var list struct {
		Items []pod `json:"items"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 64<<20)).Decode(&list); err != nil {
		return nil, errors.Join(errors.New("the API server's list of pods can't be read"), err)
	}
	var groups []targetGroup
	for _, pod := range list.Items {
		if pod.Status.IP != "" {
			groups = append(groups, pod.target())
		}
	}
	return groups, nil
}

// pod is a Kubernetes pod, as far as it is read.
type pod struct {
	Metadata struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Status struct {
		IP    string `json:"podIP"`
		Phase string `json:"phase"`
	} `json:"status"`
}

func (p pod) target() targetGroup {
	const prefix = "__meta_kubernetes_pod_"
	labels := map[string]string{
		"__meta_kubernetes_namespace": p.Metadata.Namespace,
		prefix + "name":               p.Metadata.Name,
		prefix + "ip":                 p.Status.IP,
		prefix + "phase":              p.Status.Phase,
	}
	for kind, values := range map[string]map[string]string{"label_": p.Metadata.Labels, "annotation_": p.Metadata.Annotations} {
		for name := range maps.Keys(values) {
			// The annotations of the mesh are long, and nothing reads them.
			if kind == "label_" || strings.HasPrefix(name, "prometheus.io/") {
				labels[prefix+kind+unfit.ReplaceAllString(name, "_")] = values[name]
			}
		}
	}
	return targetGroup{[]string{p.Status.IP}, labels}
}

// unfit is what a label's name in Prometheus may not hold.
var unfit = regexp.MustCompile(`[^a-zA-Z0-9_]`)
