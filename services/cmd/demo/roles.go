package main

import (
	"errors"
	"log/slog"
	"net/http"
	"os"

	"upshift/services/internal/auth"
	"upshift/services/internal/composite"
	"upshift/services/internal/core"
	"upshift/services/internal/demoapp"
	"upshift/services/internal/notifications"
	"upshift/services/internal/observe"
	"upshift/services/internal/server"
	"upshift/services/internal/tiers"
	"upshift/services/internal/workshop"
	"upshift/services/internal/xray"
)

// role makes a service for the pod with the given address.
type role func(address string, log *slog.Logger) (server.Service, error)

var roles = map[string]role{
	"product-composite": productComposite,
	"product": routed(func(address string, log *slog.Logger) http.Handler {
		return core.Products(address, version, core.NewStore(core.SampleProducts()), log)
	}),
	"recommendation": routed(func(address string, log *slog.Logger) http.Handler {
		return core.Lists("/recommendation", address, version, core.NewStore(core.SampleRecommendations()), log)
	}),
	"review": routed(func(address string, log *slog.Logger) http.Handler {
		return core.Lists("/review", address, version, core.NewStore(core.SampleReviews()), log)
	}),
	"auth-server": authServer,
	"demoapp": routed(func(address string, log *slog.Logger) http.Handler {
		return demoapp.New(address, version, log)
	}),
	"web-frontend": webFrontend,
	"customers": routed(func(address string, log *slog.Logger) http.Handler {
		return workshop.Customers(address, version, log)
	}),
	"backend": routed(func(address string, log *slog.Logger) http.Handler {
		return tiers.Backend(address, version, tiers.Accepts(os.Getenv, version), log)
	}),
	"frontend":        tiersFrontend,
	"observe":         observer,
	"user-management": userManagement,
	"notification":    notification,
	"xray":            collector,
}

// routed is the role of a service that is nothing but its routes.
func routed(routes func(address string, log *slog.Logger) http.Handler) role {
	return func(address string, log *slog.Logger) (server.Service, error) {
		return server.Service{Handler: routes(address, log)}, nil
	}
}

func productComposite(address string, log *slog.Logger) (server.Service, error) {
	config, err := composite.ConfigFrom(os.Getenv)
	if err != nil {
		return server.Service{}, err
	}
	return server.Service{Handler: composite.New(address, config, log)}, nil
}

func webFrontend(address string, log *slog.Logger) (server.Service, error) {
	config, err := workshop.FrontendConfigFrom(os.Getenv)
	if err != nil {
		return server.Service{}, err
	}
	return server.Service{Handler: workshop.Frontend(address, config, log)}, nil
}

func authServer(address string, log *slog.Logger) (server.Service, error) {
	config, err := auth.ConfigFrom(os.Getenv)
	if err != nil {
		return server.Service{}, err
	}
	tokens, err := auth.New(config, log)
	if err != nil {
		return server.Service{}, err
	}
	return server.Service{Handler: tokens.Routes(address), Warm: tokens.Warm}, nil
}

func tiersFrontend(address string, log *slog.Logger) (server.Service, error) {
	config, err := tiers.FrontendConfigFrom(os.Getenv)
	if err != nil {
		return server.Service{}, err
	}
	return server.Service{Handler: tiers.Frontend(address, version, config, log)}, nil
}

func observer(address string, log *slog.Logger) (server.Service, error) {
	config, err := observe.ConfigFrom(os.Getenv)
	if err != nil {
		return server.Service{}, err
	}
	return server.Service{Handler: observe.New(address, config, log)}, nil
}

func userManagement(address string, log *slog.Logger) (server.Service, error) {
	config, wrongConfig := notifications.ConfigFrom(os.Getenv)
	tracing, wrongTracing := xray.ConfigFrom(os.Getenv, "user-management")
	if err := errors.Join(wrongConfig, wrongTracing); err != nil {
		return server.Service{}, err
	}
	users, err := notifications.OpenUsers(config)
	if err != nil {
		return server.Service{}, err
	}
	tracer := xray.NewTracer(tracing, version, log)
	service := notifications.NewUserManagement(address, version, config, users, tracer, log)
	return server.Service{Handler: tracer.Trace(service.Routes()), Warm: service.Warm}, nil
}

func notification(address string, log *slog.Logger) (server.Service, error) {
	tracing, err := xray.ConfigFrom(os.Getenv, "notification")
	if err != nil {
		return server.Service{}, err
	}
	routes := notifications.Notification(address, version, log)
	return server.Service{Handler: xray.NewTracer(tracing, version, log).Trace(routes)}, nil
}

// collector takes segments beside the port for requests, for as long as the process lives.
func collector(address string, log *slog.Logger) (server.Service, error) {
	store := xray.NewStore()
	if _, err := xray.Listen(xray.DaemonPort, store, log); err != nil {
		return server.Service{}, err
	}
	return server.Service{Handler: xray.Collector(address, store, log)}, nil
}
