# shellcheck shell=bash
# Sourced by the action's steps: `options` is what plan and up have in common, from POLICY_PACK and POLICY_PACK_CONFIG.
# A pack or a config that is named and not there ends the job: without it nothing would be refused.
set -euo pipefail
options=()

# Arguments: the option, and the path it takes, if any.
policy_option() {
    if [ -z "$2" ]; then return; fi
    if [ ! -e "$2" ]; then
        printf 'There is no %s, which %s names for the stack %s.\n  fix: cp policies/config/prod.json %s, and set its limits\n' "$2" "$1" "$STACK" "$2" >&2
        exit 1
    fi
    options+=("$1" "$(realpath "$2")")
}

policy_option --policy-pack "$POLICY_PACK"
policy_option --policy-pack-config "$POLICY_PACK_CONFIG"
