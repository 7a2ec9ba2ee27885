#!/usr/bin/env bash
# The preview that was approved for a merged commit, and the stacks that have an update plan of it.
#     bash action/approvedRun.sh COMMIT   ->   run=123, stacks=["dev"]
set -euo pipefail
commit=$1
head=$(gh api "repos/$GITHUB_REPOSITORY/commits/$commit/pulls" --jq 'map(select(.merged_at != null))[0].head.sha // ""')
if [ -z "$head" ]; then
    echo "stacks=[]"
    exit 0
fi
run=$(gh api "repos/$GITHUB_REPOSITORY/actions/workflows/preview.yml/runs?head_sha=$head&status=success" --jq '.workflow_runs[0].id // ""')
if [ -z "$run" ]; then
    echo "No preview of $head succeeded, so there is nothing that was approved." >&2
    exit 1
fi
echo "run=$run"
echo "stacks=$(gh api "repos/$GITHUB_REPOSITORY/actions/runs/$run/artifacts" --jq '[.artifacts[].name | select(startswith("plan-")) | ltrimstr("plan-")]' | tr -d '\n')"
