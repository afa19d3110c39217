#include "services/command-gate/candidates.h"

#include "absl/strings/match.h"
#include "services/common/proof/command.h"
#include "services/common/status/error.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::command_gate {
namespace {

using attestation::v1::ListCandidatesRequest;
using attestation::v1::ListCandidatesResponse;

constexpr absl::string_view kTokenActs = "u2fi.token.";
constexpr absl::string_view kRecover = "u2fi.token.recover";
constexpr absl::string_view kResume = "u2fi.token.resume";
constexpr absl::string_view kRevoke = "u2fi.token.revoke";

void NarrowForToken(const records::v1::CommandRow& row,
                    ListCandidatesRequest& request) {
  const auto command = proof::ParseCommand(row.command());
  proof::v1::TokenArguments about;
  if (!absl::StartsWith(row.operation(), kTokenActs) || !command.ok() ||
      !about.ParseFromString(command->arguments())) {
    return;
  }
  request.set_operation(row.operation());
  if (row.operation() == kRecover) request.set_token_id(about.token_id());
  if (row.operation() == kRevoke || row.operation() == kResume) {
    request.set_except_token_id(about.token_id());
  }
}

}  // namespace

ListCandidatesRequest CandidatesFor(const StoredCommand& command,
                                    const records::v1::Slot& slot) {
  ListCandidatesRequest request;
  request.set_tenant(command.tenant);
  request.set_account(slot.account());
  *request.mutable_required() = command.row.required();
  request.set_purpose(command.row.purpose());
  request.set_site(command.row.site());
  if (command.row.purpose() == proof::v1::PURPOSE_TOKEN) {
    NarrowForToken(command.row, request);
  }
  return request;
}

absl::StatusOr<ListCandidatesResponse> EnrolledTokens(
    attestation::AttestationClient& attestation, const StoredCommand& command) {
  ListCandidatesRequest request;
  request.set_tenant(command.tenant);
  request.set_account(command.row.account());
  request.set_purpose(proof::v1::PURPOSE_ENROL);
  absl::StatusOr<ListCandidatesResponse> listed =
      attestation.ListCandidates(request);
  // An account that has none lets a first one in.
  if (IsReason(listed.status(), reason::kNoCredentials) &&
      MetadataOf(listed.status())["enrolled"] == "0") {
    return ListCandidatesResponse();
  }
  return listed;
}

}  // namespace u2fi::command_gate
