#include "services/command-gate/submission.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/verified_pins.h"
#include "services/common/proof/words.h"
#include "services/common/rpc/tenant.h"
#include "services/common/rpc/text.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/time/proto_millis.h"

namespace u2fi::command_gate {
namespace {

using ::google::protobuf::Duration;

constexpr int64_t kMinApproveMs = 5'000;
constexpr int64_t kDefaultApproveMs = 60'000;
constexpr size_t kMaxBatchBytes = 3 << 20;
constexpr size_t kMaxOrigin = 256;
constexpr int kMaxBreakGlassReason = 512;
constexpr size_t kMaxLabel = 64;
constexpr size_t kMaxEvidence = 128 << 10;

struct Reading {
  const rpc::Caller& caller;
  const v1::SubmitCommandRequest& request;
  Submission& out;
};

absl::Status NotYet(absl::string_view what) {
  return Error(reason::kUnimplemented,
               absl::StrCat(what, " is not there yet; see the README"));
}

absl::Status ReadTenant(const Reading& in) {
  ASSIGN_OR_RETURN(in.out.tenant,
                   rpc::TenantOf(in.caller, in.request.tenant()));
  return absl::OkStatus();
}

absl::Status ReadRequester(const Reading& in) {
  const std::string& account = in.request.options().on_behalf_of();
  if (!proof::IsId(account)) {
    return FieldError("options.on_behalf_of", "is not an id");
  }
  if (!proof::IsRequestId(in.request.request_id())) {
    return FieldError("request_id", "is not 32 lower-case hex digits");
  }
  in.out.account = account;
  in.out.caller_uri = in.caller.uri();
  in.out.requester = proof::Requester(in.caller.uri(), account);
  if (!proof::IsRequester(in.out.requester)) {
    return FieldError("options.on_behalf_of",
                      "makes a requester of more than 512 bytes");
  }
  in.out.request_id = in.request.request_id();
  return absl::OkStatus();
}

absl::Status ReadTarget(const Reading& in) {
  const v1::CommandItem& item = in.request.item();
  const auto account = proof::AccountOfTarget(item.device());
  if (!account.has_value() && !proof::IsId(item.device())) {
    return FieldError("item.device", "is neither an id nor account:<id>");
  }
  if (account.has_value() && *account != in.out.account) {
    return Error(reason::kNotAMember, "an account acts on itself only");
  }
  in.out.device = item.device();
  in.out.on_account = account.has_value();
  return absl::OkStatus();
}

absl::Status ReadOperation(const Reading& in) {
  const v1::CommandItem& item = in.request.item();
  if (!proof::IsOperation(item.operation())) {
    return FieldError("item.operation", "is not 1 to 64 of [a-z0-9._-]");
  }
  in.out.operation = item.operation();
  in.out.purpose = in.request.options().purpose();
  RETURN_IF_ERROR(proof::CheckPurpose(in.out.operation, in.out.purpose));
  if (proof::IsOnAccount(in.out.purpose) != in.out.on_account) {
    return FieldError("item.device", "does not fit the purpose");
  }
  return absl::OkStatus();
}

absl::Status CheckBuilt(const Reading& in) {
  const proof::v1::Purpose purpose = in.out.purpose;
  if (purpose == proof::v1::PURPOSE_COMMAND ||
      purpose == proof::v1::PURPOSE_BREAK_GLASS ||
      purpose == proof::v1::PURPOSE_ENROL ||
      purpose == proof::v1::PURPOSE_PROVISION ||
      purpose == proof::v1::PURPOSE_PINS ||
      purpose == proof::v1::PURPOSE_TRANSFER ||
      purpose == proof::v1::PURPOSE_UNBIND) {
    return absl::OkStatus();
  }
  if (absl::StartsWith(in.out.operation, "u2fi.token.") ||
      absl::StartsWith(in.out.operation, "u2fi.account.") ||
      in.out.operation == proof::kOperationGatewayKey ||
      in.out.operation == proof::kOperationPolicy) {
    return absl::OkStatus();
  }
  return NotYet(absl::StrCat(in.out.operation, " under ",
                             proof::v1::Purpose_Name(purpose)));
}

absl::Status ReadDeviceArguments(const Reading& in) {
  const v1::CommandItem& item = in.request.item();
  if (item.has_message()) {
    return Error(reason::kArgumentsFormat,
                 "a device operation takes its arguments as JSON");
  }
  if (!item.json().empty() && !nlohmann::json::accept(item.json())) {
    return Error(reason::kArgumentsFormat, "the arguments are not JSON");
  }
  in.out.arguments = item.json();
  return absl::OkStatus();
}

absl::Status ReadReservedArguments(const Reading& in) {
  const v1::CommandItem& item = in.request.item();
  if (item.has_json()) {
    return Error(reason::kArgumentsFormat,
                 "a reserved operation takes its arguments as a message");
  }
  const bool made_here = in.out.operation == proof::kOperationEnrol;
  if (made_here == item.has_message()) {
    return Error(reason::kArgumentsFormat,
                 made_here ? "the gate makes these arguments itself"
                           : "the arguments are missing");
  }
  in.out.arguments = item.message();
  return absl::OkStatus();
}

absl::Status ReadArguments(const Reading& in) {
  RETURN_IF_ERROR(proof::IsReserved(in.out.operation)
                      ? ReadReservedArguments(in)
                      : ReadDeviceArguments(in));
  if (in.out.arguments.size() > proof::kMaxArguments) {
    return Error(reason::kArgumentsFormat, "the arguments are over 2 KiB");
  }
  return absl::OkStatus();
}

absl::Status ReadBrowser(const Reading& in) {
  const std::string& origin = in.request.options().place().browser().origin();
  if (origin.empty() || origin.size() > kMaxOrigin) {
    return FieldError("options.place.browser.origin",
                      "is not 1 to 256 characters");
  }
  in.out.browser_origin = origin;
  return absl::OkStatus();
}

absl::Status ReadPlace(const Reading& in) {
  const v1::Place& place = in.request.options().place();
  if (place.has_browser()) return ReadBrowser(in);
  if (!place.gateway().empty() && !proof::IsId(place.gateway())) {
    return FieldError("options.place.gateway", "is not an id");
  }
  if (place.gateway().empty() && in.out.on_account) {
    return FieldError("options.place", "is required for acts on an account");
  }
  in.out.approver_gateway = place.gateway();
  return absl::OkStatus();
}

// The milliseconds of `duration`, or `fallback` if it is unset.
int64_t MillisOf(bool set, const Duration& duration, int64_t fallback) {
  return set ? ProtoMillis(duration) : fallback;
}

absl::Status ReadDeadlines(const Reading& in) {
  const v1::SubmitOptions& options = in.request.options();
  const int64_t approve = MillisOf(options.has_approve_within(),
                                   options.approve_within(), kDefaultApproveMs);
  const auto bound =
      static_cast<int64_t>(proof::MaxExecuteAfterApproveMs(in.out.purpose));
  const int64_t execute = MillisOf(options.has_execute_within(),
                                   options.execute_within(), bound / 10);
  if (approve < kMinApproveMs ||
      approve > static_cast<int64_t>(proof::kMaxApproveMs)) {
    return Error(reason::kDeadlineBounds, "approve_within is 5 s to 2 min",
                 {{"field", "options.approve_within"}});
  }
  if (execute < 0 || execute > bound) {
    return Error(reason::kDeadlineBounds,
                 absl::StrCat("execute_within is 0 to ",
                              absl::FormatDuration(absl::Milliseconds(bound)),
                              " for this purpose"),
                 {{"field", "options.execute_within"}});
  }
  in.out.approve_within_ms = static_cast<uint64_t>(approve);
  in.out.execute_within_ms = static_cast<uint64_t>(execute);
  return absl::OkStatus();
}

// What a pin set needs for keys that the device does not believe yet.
absl::Status ReadEvidence(const Reading& in) {
  const v1::SubmitOptions& options = in.request.options();
  if (!options.has_evidence()) return absl::OkStatus();
  const proof::v1::Evidence& evidence = options.evidence();
  if (in.out.purpose != proof::v1::PURPOSE_PROVISION &&
      in.out.purpose != proof::v1::PURPOSE_PINS &&
      in.out.purpose != proof::v1::PURPOSE_TRANSFER) {
    return FieldError("options.evidence", "does not go with the purpose");
  }
  if (evidence.has_lease_offer() || evidence.has_registration() ||
      evidence.enrolments().empty() ||
      evidence.enrolments_size() > proof::kMaxEnrolments ||
      evidence.ByteSizeLong() > kMaxEvidence) {
    return Error(reason::kEvidenceFormat,
                 "the evidence is not 1 to 16 enrolments in 128 KiB");
  }
  in.out.evidence = evidence;
  return absl::OkStatus();
}

absl::Status ReadBreakGlass(const Reading& in) {
  const std::string& why = in.request.options().break_glass_reason();
  const bool breaks = in.out.purpose == proof::v1::PURPOSE_BREAK_GLASS;
  if (!breaks && !why.empty()) {
    return FieldError("options.break_glass_reason",
                      "goes with the purpose BREAK_GLASS only");
  }
  // Of UTF-8, every character has one byte that continues none.
  const auto characters = std::count_if(
      why.begin(), why.end(), [](char c) { return (c & 0xC0) != 0x80; });
  if (breaks && (characters < 1 || characters > kMaxBreakGlassReason)) {
    return FieldError("options.break_glass_reason",
                      "is not 1 to 512 characters");
  }
  in.out.break_glass_reason = why;
  return absl::OkStatus();
}

absl::Status ReadRest(const Reading& in) {
  const v1::SubmitOptions& options = in.request.options();
  RETURN_IF_ERROR(ReadBreakGlass(in));
  if (!options.transaction().empty()) {
    return NotYet("a transaction that a button started");
  }
  RETURN_IF_ERROR(ReadEvidence(in));
  RETURN_IF_ERROR(rpc::CheckText("options.enrol.label", options.enrol().label(),
                                 kMaxLabel));
  if (options.enrol().level() != 0) return NotYet("a level");
  if (options.has_enrol() && in.out.operation != proof::kOperationEnrol) {
    return FieldError("options.enrol", "goes with u2fi.enrol only");
  }
  in.out.enrol_label = options.enrol().label();
  in.out.enrol_recovery = options.enrol().recovery();
  return absl::OkStatus();
}

constexpr absl::Status (*kReaders[])(const Reading&) = {
    ReadTenant,    ReadRequester, ReadTarget,    ReadOperation, CheckBuilt,
    ReadArguments, ReadPlace,     ReadDeadlines, ReadRest};

absl::StatusOr<Submission> ReadItem(const rpc::Caller& caller,
                                    const v1::SubmitCommandRequest& request) {
  Submission submission;
  const Reading reading{caller, request, submission};
  for (const auto read : kReaders) RETURN_IF_ERROR(read(reading));
  return submission;
}

// What the same request_id must come with again.
template <typename Request>
std::string DigestOf(Request asked) {
  asked.clear_tenant();
  asked.mutable_options()->clear_id_token();
  return crypto::ToString(crypto::Sha256(asked.SerializeAsString()));
}

// Gives the commands of one request their names.
void Name(const std::string& digest, std::vector<Submission>& submissions) {
  std::vector<proof::WordsItem> items;
  items.reserve(submissions.size());
  for (const Submission& one : submissions) {
    items.push_back({one.device, one.operation, one.arguments});
  }
  const std::string words =
      proof::ComparisonWords(submissions[0].request_id, items);
  for (size_t i = 0; i < submissions.size(); ++i) {
    Submission& one = submissions[i];
    one.index = static_cast<uint32_t>(i);
    one.command_id =
        proof::CommandId(one.tenant, one.requester, one.request_id, one.index);
    one.words = words;
    one.request_digest = digest;
  }
}

absl::Status CheckBatchSize(const v1::SubmitBatchRequest& request) {
  if (request.items().empty() ||
      request.items_size() > static_cast<int>(proof::kMaxBatch) ||
      request.ByteSizeLong() > kMaxBatchBytes) {
    return Error(reason::kBatchSize, "a batch has 1 to 1,000 items, 3 MiB");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Submission> ReadSubmission(
    const rpc::Caller& caller, const v1::SubmitCommandRequest& request) {
  ASSIGN_OR_RETURN(Submission submission, ReadItem(caller, request));
  std::vector<Submission> one = {std::move(submission)};
  Name(DigestOf(request), one);
  return std::move(one[0]);
}

absl::StatusOr<std::vector<Submission>> ReadBatch(
    const rpc::Caller& caller, const v1::SubmitBatchRequest& request) {
  RETURN_IF_ERROR(CheckBatchSize(request));
  if (request.items_size() > 1 &&
      request.options().purpose() != proof::v1::PURPOSE_COMMAND) {
    return NotYet("a batch for another purpose than COMMAND");
  }
  v1::SubmitCommandRequest item;
  item.set_tenant(request.tenant());
  item.set_request_id(request.request_id());
  *item.mutable_options() = request.options();
  item.set_validate_only(request.validate_only());
  std::vector<Submission> submissions;
  for (int i = 0; i < request.items_size(); ++i) {
    *item.mutable_item() = request.items(i);
    absl::StatusOr<Submission> read = ReadItem(caller, item);
    if (!read.ok()) {
      return WithContext(absl::StrCat("items[", i, "]"), read.status());
    }
    submissions.push_back(*std::move(read));
  }
  // One alone is the same as SubmitCommand.
  Name(submissions.size() == 1 ? DigestOf(item) : DigestOf(request),
       submissions);
  return submissions;
}

}  // namespace u2fi::command_gate
