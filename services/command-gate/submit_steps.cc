#include "services/command-gate/submit_steps.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "services/command-gate/binding_steps.h"
#include "services/command-gate/quorum.h"
#include "services/command-gate/secret_fields.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/place.h"
#include "services/common/proof/rules.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;
namespace registry = device_registry::v1;

const registry::ResolvedGateway* FindGateway(
    const registry::ResolveResponse& resolved, absl::string_view id) {
  for (const registry::ResolvedGateway& gateway : resolved.gateways()) {
    if (gateway.gateway() == id) return &gateway;
  }
  return nullptr;
}

uint64_t RevisionOf(const std::string& pin_set) {
  proof::v1::PinSet pins;
  return pins.ParseFromString(pin_set) ? pins.revision() : 0;
}

absl::Status CheckRule(const SubmitInputs& in) {
  const proof::v1::Rule& rule = in.item.rule();
  switch (rule.kind()) {
    case proof::v1::RULE_KIND_FORBIDDEN:
      return Error(reason::kOperationForbidden,
                   "the rule forbids this operation",
                   {{"operation", in.submission.operation}});
    case proof::v1::RULE_KIND_FREE:
      if (!proof::IsReserved(in.submission.operation)) return absl::OkStatus();
      return Error(reason::kInternal, "a reserved operation is never free");
    case proof::v1::RULE_KIND_APPROVALS:
      // The first pin set is approved by an OWNER key in it (proof README).
      if (rule.approvals() <= 1 || !in.submission.on_account) {
        return absl::OkStatus();
      }
      return Error(reason::kUnimplemented,
                   "a quorum for acts on accounts is not there yet; see the "
                   "README");
    default:
      return Error(reason::kInternal, "the rule is unknown");
  }
}

bool IsAccountGateway(const SubmitInputs& in) {
  for (const auto& gateway : in.resolved.account().gateways()) {
    if (gateway.id() == in.approver_gateway) return true;
  }
  return false;
}

bool MayApprove(const SubmitInputs& in) {
  proof::v1::PinSet pins;
  if (!pins.ParseFromString(in.item.pin_set())) return false;
  for (const proof::v1::PinnedGateway& gateway : pins.gateways()) {
    if (gateway.id() == in.approver_gateway) return gateway.may_approve();
  }
  return false;
}

absl::Status CheckBrowser(const SubmitInputs& in) {
  if (!in.known_portal) {
    return Error(reason::kPlaceNotAllowed, "the deployment has no such portal");
  }
  proof::ApprovalPlace place;
  place.browser = true;
  place.browser_ok = in.item.rule().browser_ok();
  return proof::CheckPlace(in.submission.purpose, place);
}

absl::Status CheckTouchPlace(const SubmitInputs& in) {
  if (in.free() || in.quorum) return absl::OkStatus();
  if (!in.submission.browser_origin.empty()) return CheckBrowser(in);
  const registry::ResolvedGateway* gateway =
      FindGateway(in.resolved, in.approver_gateway);
  proof::ApprovalPlace place;
  place.account_gateway = IsAccountGateway(in);
  place.at_site_of_devices =
      gateway != nullptr && gateway->site() == in.item.site();
  place.may_approve = MayApprove(in);
  place.first_token = in.resolved.account().keys().empty();
  RETURN_IF_ERROR(proof::CheckPlace(in.submission.purpose, place));
  if (!ChangesBinding(in.submission.purpose) || place.may_approve) {
    return absl::OkStatus();
  }
  return Error(reason::kPlaceNotAllowed,
               "the device does not believe touches at that gateway",
               {{"gateway", in.approver_gateway}});
}

absl::Status CheckBinding(const SubmitInputs& in) {
  return CheckBindingChange(in.submission, in.item);
}

// A new list of the account's gateways takes the place of the present one;
// bytes that are no arguments are refused when the command is made.
absl::Status CheckGatewayList(const SubmitInputs& in) {
  proof::v1::AccountGatewaysArguments next;
  if (in.submission.operation != proof::kOperationAccountGateways ||
      !next.ParseFromString(in.submission.arguments) ||
      next.previous() == in.resolved.account().gateways_hash()) {
    return absl::OkStatus();
  }
  return Error(reason::kGatewaysPrevious,
               "the list of gateways was changed since it was read",
               {{"account", in.submission.account}});
}

// What is agreed to waits, and a browser is no place for it: the registry's
// Apply looks at more.
absl::Status CheckPolicyChange(const SubmitInputs& in) {
  if (in.submission.operation != proof::kOperationPolicy) {
    return absl::OkStatus();
  }
  if (!in.submission.browser_origin.empty()) {
    return Error(reason::kPlaceNotAllowed,
                 "a change of policy is not agreed to in a browser");
  }
  proof::v1::PolicyChangeArguments arguments;
  const bool read = arguments.ParseFromString(in.submission.arguments);
  const auto& pending = in.resolved.policy().pending();
  if (!read || std::any_of(pending.begin(), pending.end(),
                           [&arguments](const registry::PolicyChange& waits) {
                             return waits.resource() == arguments.resource() &&
                                    waits.change() == arguments.change();
                           })) {
    return absl::OkStatus();
  }
  return Error(reason::kPolicyChangeUnknown, "no such change waits",
               {{"resource", arguments.resource()}});
}

absl::Status CheckGateway(const SubmitInputs& in, const std::string& id) {
  if (id.empty()) return absl::OkStatus();
  const registry::ResolvedGateway* gateway = FindGateway(in.resolved, id);
  if (gateway == nullptr) {
    return Error(reason::kResourceUnknown, "no such gateway",
                 {{"gateway", id}});
  }
  if (gateway->state() != registry::GATEWAY_STATE_ACTIVE) {
    return Error(reason::kGatewayNotActive, "the gateway is not active",
                 {{"gateway", id}});
  }
  ASSIGN_OR_RETURN(const auto connected,
                   in.gateways.Find(in.submission.tenant, id));
  if (connected.has_value()) return absl::OkStatus();
  return WithRetry(Error(reason::kGatewayOffline,
                         "the gateway is not connected", {{"gateway", id}}),
                   absl::Seconds(5));
}

absl::Status CheckGateways(const SubmitInputs& in) {
  RETURN_IF_ERROR(CheckGateway(in, in.item.gateway()));
  const bool elsewhere =
      in.free() || in.quorum || !in.submission.browser_origin.empty();
  return elsewhere ? absl::OkStatus() : CheckGateway(in, in.approver_gateway);
}

bool IsFirstToken(const SubmitInputs& in) {
  return in.submission.operation == proof::kOperationEnrol &&
         in.resolved.account().keys().empty();
}

absl::Status CheckEnrolment(const SubmitInputs& in) {
  if (!in.submission.enrol_recovery || !IsFirstToken(in)) {
    return absl::OkStatus();
  }
  return Error(reason::kNoCredentials,
               "a recovery token comes after one that approves",
               {{"account", in.submission.account}});
}

// A first token that is enrolled at a site of somebody else is good for that
// site's leases only (decisions A7); the registry's Apply checks it.
std::string LeaseSiteOf(const SubmitInputs& in) {
  const registry::ResolvedGateway* gateway =
      FindGateway(in.resolved, in.approver_gateway);
  if (!IsFirstToken(in) || gateway == nullptr ||
      gateway->site_owner() == in.submission.account) {
    return "";
  }
  return gateway->site();
}

absl::Status CheckSecrets(const SubmitInputs& in) {
  return CheckSecretFields(in.submission.arguments, in.item.secret_fields());
}

// Who may end what is asked or done at his place.
std::string SiteOwnerOf(const SubmitInputs& in) {
  const registry::ResolvedGateway* gateway =
      FindGateway(in.resolved, in.item.gateway().empty() ? in.approver_gateway
                                                         : in.item.gateway());
  return gateway == nullptr ? "" : gateway->site_owner();
}

constexpr absl::Status (*kChecks[])(const SubmitInputs&) = {
    CheckRule,         CheckSecrets,    CheckBinding,  CheckGatewayList,
    CheckPolicyChange, CheckTouchPlace, CheckGateways, CheckEnrolment};

proof::v1::Rule BreakGlassRule() {
  proof::v1::Rule rule;
  rule.set_kind(proof::v1::RULE_KIND_APPROVALS);
  rule.set_approvals(2);
  rule.set_roles(proof::v1::KEY_ROLE_BREAK_GLASS);
  return rule;
}

}  // namespace

absl::Status CheckSubmission(const SubmitInputs& in) {
  for (const auto check : kChecks) RETURN_IF_ERROR(check(in));
  return absl::OkStatus();
}

CommandRow RowOf(const SubmitInputs& in, uint64_t now_ms) {
  const Submission& submission = in.submission;
  CommandRow row;
  row.set_schema(1);
  row.set_command_id(submission.command_id);
  row.set_state(v1::COMMAND_STATE_PREPARING);
  row.set_purpose(submission.purpose);
  row.set_account(submission.account);
  row.set_requester(submission.requester);
  row.set_request_id(submission.request_id);
  row.set_request_digest(submission.request_digest);
  row.set_site(in.item.site());
  row.set_device(submission.device);
  row.set_owner(in.item.account());
  row.set_site_owner(SiteOwnerOf(in));
  row.set_gateway(in.item.gateway());
  row.set_operation(submission.operation);
  row.set_pins_revision(RevisionOf(in.item.pin_set()));
  *row.mutable_rule() = in.item.rule();
  row.set_words(submission.words);
  row.set_submit_ms(now_ms);
  row.set_free(in.free());
  row.set_enrol_label(submission.enrol_label);
  row.set_enrol_recovery(submission.enrol_recovery);
  row.set_enrol_lease_site(LeaseSiteOf(in));
  if (submission.evidence.ByteSizeLong() > 0) {
    *row.mutable_evidence() = submission.evidence;
  }
  row.set_break_glass_reason(submission.break_glass_reason);
  // Under break-glass the keys' role stands for what the rule wants of them.
  if (submission.purpose != proof::v1::PURPOSE_BREAK_GLASS &&
      (in.item.rule().uv() || in.item.rule().level() != 0)) {
    row.mutable_required()->set_uv(in.item.rule().uv());
    row.mutable_required()->set_level(in.item.rule().level());
  }
  const uint64_t approve_by =
      in.free() ? now_ms : now_ms + submission.approve_within_ms;
  if (!in.free()) row.set_approve_by_ms(approve_by);
  row.set_execute_by_ms(approve_by + submission.execute_within_ms);
  return row;
}

void AddApprover(const SubmitInputs& in, CommandRow& row) {
  if (in.free() || in.quorum) return;
  records::v1::Slot& slot = *row.add_slots();
  slot.set_account(in.submission.account);
  if (!in.submission.browser_origin.empty()) {
    slot.set_channel_key(crypto::ToString(
        proof::BrowserChannelKey(in.submission.browser_origin)));
    slot.set_state(v1::APPROVAL_STATE_QUEUED);
    return;
  }
  slot.set_gateway(in.approver_gateway);
  slot.set_channel_key(
      FindGateway(in.resolved, in.approver_gateway)->channel_key());
  slot.set_state(v1::APPROVAL_STATE_QUEUED);
  if (ChangesBinding(in.submission.purpose)) {
    AddPinnedTokens(in.submission, in.item, slot);
  }
}

// Serialises the command: the only time that this happens.
absl::Status MakeCommand(const Submission& submission, CommandRow& row) {
  if (submission.operation == proof::kOperationEnrol) return absl::OkStatus();
  proof::v1::Command command;
  command.set_format(1);
  command.set_command_id(row.command_id());
  command.set_index(row.index());
  command.set_device(row.device());
  command.set_gateway(row.gateway());
  command.set_sequence(row.sequence());
  command.set_operation(row.operation());
  command.set_arguments(submission.arguments);
  RETURN_IF_ERROR(proof::CheckArguments(command));
  ASSIGN_OR_RETURN(*row.mutable_command(), proof::EncodeCommand(command));
  return absl::OkStatus();
}

absl::StatusOr<absl::optional<Approvers::Case>> QuorumCaseOf(
    const Submission& submission, const registry::ResolveResponse& resolved) {
  if (submission.purpose != proof::v1::PURPOSE_COMMAND &&
      submission.purpose != proof::v1::PURPOSE_BREAK_GLASS &&
      !ChangesBinding(submission.purpose)) {
    return {absl::nullopt};
  }
  Approvers::Case in;
  in.tenant = submission.tenant;
  in.break_glass = submission.purpose == proof::v1::PURPOSE_BREAK_GLASS;
  in.self_approval = resolved.policy().allow_self_approval();
  in.forbid_break_glass = resolved.policy().forbid_break_glass();
  in.rule = proof::FreeRule();
  std::set<std::string> seen;
  for (const registry::ResolvedItem& item : resolved.items()) {
    // CheckSubmission() says which item.
    if (item.rule().kind() == proof::v1::RULE_KIND_FORBIDDEN) {
      return {absl::nullopt};
    }
    in.rule = proof::Strictest(in.rule, item.rule());
    if (!seen.insert(item.pin_set()).second) continue;
    if (!in.pins.emplace_back().ParseFromString(item.pin_set())) {
      return Error(reason::kInternal, "a pin set cannot be read");
    }
  }
  if (in.rule.kind() == proof::v1::RULE_KIND_FORBIDDEN) {
    return Error(reason::kOperationForbidden,
                 "the rules of the items exclude each other");
  }
  NarrowQuorum(submission, resolved, in);
  // Whatever the rule is: these two touches stand for it.
  if (in.break_glass) in.rule = BreakGlassRule();
  if (in.rule.kind() == proof::v1::RULE_KIND_FREE) return {absl::nullopt};
  in.place = submission.approver_gateway.empty() ? resolved.items(0).gateway()
                                                 : submission.approver_gateway;
  return absl::make_optional(std::move(in));
}

absl::Status MakeRoom(SubmitView& view, CommandRow& row) {
  absl::Status full;
  std::vector<SubmitView::Place> places;
  google::protobuf::RepeatedPtrField<records::v1::Slot> slots;
  for (int i = 0; i < row.slots_size(); ++i) {
    const SubmitView::Place& place = view.places[static_cast<size_t>(i)];
    if (place.account.empty()) {
      full = Error(reason::kAccountLimit,
                   "the account has as many questions open as it may");
    } else if (place.gateway.empty() && !row.slots(i).gateway().empty()) {
      full = Error(reason::kGatewayLimit,
                   "the gateway has sixteen questions open already");
    } else {
      *slots.Add() = row.slots(i);
      places.push_back(place);
    }
  }
  if (full.ok()) return full;
  row.mutable_slots()->Swap(&slots);
  view.places = std::move(places);
  return row.has_quorum() && MayBeApproved(row) ? absl::OkStatus() : full;
}

absl::StatusOr<StoredCommand> SameRequest(const Submission& submission,
                                          const StoredCommand& found) {
  if (found.row.request_digest() == submission.request_digest) return found;
  return Error(reason::kRequestIdReused,
               "this request_id came with another body before");
}

}  // namespace u2fi::command_gate
