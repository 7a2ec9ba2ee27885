package observe

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// apiServer answers as the API server does, to whoever shows the token; it gives what a pod knows of it.
func apiServer(t *testing.T, lists map[string]string) *podLister {
	t.Helper()
	stand := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list, ok := lists[r.URL.Path]
		if !ok || r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprint(w, list)
	}))
	t.Cleanup(stand.Close)
	folder := t.TempDir()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: stand.Certificate().Raw})
	for name, text := range map[string]string{"ca.crt": string(authority), "token": "secret\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address, _ := url.Parse(stand.URL)
	env := map[string]string{"KUBERNETES_SERVICE_HOST": address.Hostname(), "KUBERNETES_SERVICE_PORT": address.Port()}
	return newPodLister(func(name string) string { return env[name] }, folder)
}

func TestPodsAreListedWithTheLabelsOfPrometheusOwnDiscovery(t *testing.T) {
	pods := apiServer(t, map[string]string{"/api/v1/namespaces/hands-on/pods": `{"items":[
		{"metadata":{"name":"review-v2-x","namespace":"hands-on","labels":{"app":"review","version":"v2"},"annotations":{"prometheus.io/port":"15020","istio.io/rev":"left out"}},"status":{"podIP":"10.0.0.7","phase":"Running"}},
		{"metadata":{"name":"has no address yet"},"status":{"phase":"Pending"}}]}`})
	config := Config{Timeout: 5 * time.Second, MaxSpans: 1, pods: pods}
	handler := New("pod", config, silent)
	answer := ask(handler, "GET", "", "/targets?namespace=hands-on", "").Body.String()
	want := `[{"targets":["10.0.0.7"],"labels":{"__meta_kubernetes_namespace":"hands-on","__meta_kubernetes_pod_annotation_prometheus_io_port":"15020","__meta_kubernetes_pod_ip":"10.0.0.7","__meta_kubernetes_pod_label_app":"review","__meta_kubernetes_pod_label_version":"v2","__meta_kubernetes_pod_name":"review-v2-x","__meta_kubernetes_pod_phase":"Running"}}]`
	if strings.TrimSpace(answer) != want {
		t.Errorf("got  %s\nwant %s", answer, want)
	}
	if refused := ask(handler, "GET", "", "/targets?namespace=kube-system", ""); refused.Code != 502 || !strings.Contains(refused.Body.String(), "403") {
		t.Errorf("a namespace that it may not read: %d %s", refused.Code, refused.Body)
	}
}

func TestWithoutAServiceAccountNoPodsAreListed(t *testing.T) {
	if answer := ask(view(t, "http://127.0.0.1:1"), "GET", "", "/targets?namespace=a", ""); answer.Code != 503 {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}
