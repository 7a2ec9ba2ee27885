package main

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/interop/grpc_testing"
)

// echo is gRPC's own test service, of which it has the one call with messages in both directions.
type echo struct {
	grpc_testing.UnimplementedTestServiceServer
	version string
}

func (e echo) FullDuplexCall(stream grpc_testing.TestService_FullDuplexCallServer) error {
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		payload := &grpc_testing.Payload{Body: []byte(e.version)}
		if err := stream.Send(&grpc_testing.StreamingOutputCallResponse{Payload: payload}); err != nil {
			return err
		}
	}
}

func serveGrpc(ctx context.Context, address, version string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	grpc_testing.RegisterTestServiceServer(server, echo{version: version})
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	context.AfterFunc(ctx, func() {
		time.AfterFunc(graceful, server.Stop)
		server.GracefulStop()
	})
	return server.Serve(listener)
}

type grpcStream struct {
	grpc_testing.TestService_FullDuplexCallClient
}

// grpcOpener has one connection for all streams, as gRPC clients do: the mesh tells the streams of a connection apart.
func grpcOpener(host string) (opener, error) {
	connection, err := grpc.NewClient(host, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	client := grpc_testing.NewTestServiceClient(connection)
	return func(ctx context.Context) (stream, error) {
		call, err := client.FullDuplexCall(ctx, grpc.WaitForReady(true))
		return grpcStream{call}, err
	}, nil
}

func (s grpcStream) say(context.Context) (string, error) {
	if err := s.Send(&grpc_testing.StreamingOutputCallRequest{}); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	// Where the stream has ended, this says why.
	answer, err := s.Recv()
	if err != nil {
		return "", err
	}
	return string(answer.GetPayload().GetBody()), nil
}

func (s grpcStream) close() {
	_ = s.CloseSend()
}
