package main

import (
	"example.com/pulumi-upshift/sdk/go/upshift"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		review, err := upshift.NewVersionedService(ctx, "review", &upshift.VersionedServiceArgs{
			Namespace: pulumi.String("shop"),
			Versions: []upshift.VersionArgs{
				{Name: "v1", Image: pulumi.String("registry/review:1")},
				{Name: "v2", Image: pulumi.String("registry/review:2")},
			},
		})
		if err != nil {
			return err
		}
		split, err := upshift.NewTrafficSplit(ctx, "review", &upshift.TrafficSplitArgs{
			Namespace:    pulumi.String("shop"),
			Versions:     []string{"v1", "v2"},
			Weights:      map[string]float64{"v1": 80, "v2": 20},
			CanaryHeader: &upshift.CanaryHeaderArgs{Name: "X-group", Exact: pulumi.StringRef("test"), To: "v2"},
		}, pulumi.DependsOn([]pulumi.Resource{review}))
		if err != nil {
			return err
		}
		ctx.Export("weights", split.Weights)
		return nil
	})
}
