#include "services/attestation/lost_rights.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/attestation/requests.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::TokenRow;

constexpr char kTokens[] = "tokens/";
constexpr char kRecoveries[] = "recoveries/";
constexpr char kWhy[] = "the store had forgotten it";

constexpr v1::TokenState kStates[] = {
    v1::TOKEN_STATE_ACTIVE, v1::TOKEN_STATE_SUSPENDED,
    v1::TOKEN_STATE_QUARANTINED, v1::TOKEN_STATE_REVOKED};

// The state that the row moves its token to; UNSPECIFIED for other rows.
v1::TokenState StateAfter(const audit::ParsedRow& row) {
  for (const v1::TokenState state : kStates) {
    if (row.body.state_after() == StateText(state)) return state;
  }
  return v1::TOKEN_STATE_UNSPECIFIED;
}

bool StopsRecovery(const audit::ParsedRow& row) {
  return row.header.kind() == audit::v1::ROW_KIND_RECOVERY &&
         !audit::SubjectOf(row, kRecoveries).empty() &&
         row.body.state_after() == StateText(v1::RECOVERY_STATE_CANCELLED);
}

// From ACTIVE to less, or to REVOKED from anything.
bool IsLess(v1::TokenState state, v1::TokenState than) {
  if (state == v1::TOKEN_STATE_REVOKED) return than != state;
  return state != v1::TOKEN_STATE_ACTIVE && than == v1::TOKEN_STATE_ACTIVE;
}

}  // namespace

bool IsAboutRights(const audit::ParsedRow& row) {
  return StopsRecovery(row) || (!audit::SubjectOf(row, kTokens).empty() &&
                                StateAfter(row) != v1::TOKEN_STATE_UNSPECIFIED);
}

absl::Status LostRights::Apply() {
  return lost_.Apply([this](const std::string& tenant, const auto& rows) {
    return ApplyRows(tenant, rows);
  });
}

absl::Status LostRights::ApplyRows(const std::string& tenant,
                                   const std::vector<audit::ParsedRow>& rows) {
  // How each token ended up.
  std::map<std::string, v1::TokenState> states;
  for (const audit::ParsedRow& row : rows) {
    if (StopsRecovery(row)) {
      RETURN_IF_ERROR(
          recoveries_.CancelAgain(tenant, audit::SubjectOf(row, kRecoveries)));
      continue;
    }
    v1::TokenState& state = states[audit::SubjectOf(row, kTokens)];
    if (state != v1::TOKEN_STATE_REVOKED) state = StateAfter(row);
  }
  for (const auto& [token_id, state] : states) {
    RETURN_IF_ERROR(Take(tenant, token_id, state));
  }
  return absl::OkStatus();
}

absl::Status LostRights::Take(const std::string& tenant,
                              const std::string& token_id,
                              v1::TokenState state) {
  ASSIGN_OR_RETURN(const AssertionView now,
                   tokens_.ReadForAssertion(tenant, "", token_id));
  const TokenRow& before = now.token.row;
  if (!now.token.exists() || !IsLess(state, before.state())) {
    return absl::OkStatus();
  }
  TokenRow next = before;
  next.set_state(state);
  next.clear_state_reason();
  Change change;
  change.transition.epoch = now.epoch;
  audit::RowContent content =
      RowAbout(audit::v1::ROW_KIND_TOKEN, "",
               {absl::StrCat(kTokens, token_id),
                absl::StrCat("accounts/", before.account())});
  content.body.set_state_before(StateText(before.state()));
  content.body.set_state_after(StateText(state));
  AddDetail(content, "why", kWhy);
  change.rows.push_back(std::move(content));
  change.PutToken(now.token, std::move(next));
  return writer_.Write(tenant, std::move(change));
}

}  // namespace u2fi::attestation
