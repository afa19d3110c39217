#include "services/command-gate/submitter.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/command-gate/binding_steps.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/submit_steps.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/operations.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;
namespace registry = device_registry::v1;

// How often a submission that lost a race for a sequence number or a place
// tries again before the caller is told to.
constexpr int kTries = 8;

// Break-glass is never without its touches.
bool IsFree(const Submission& submission, const registry::ResolvedItem& item) {
  return item.rule().kind() == proof::v1::RULE_KIND_FREE &&
         submission.purpose != proof::v1::PURPOSE_BREAK_GLASS;
}

// Whether no item of a batch needs a touch. BATCH_SITE.
absl::StatusOr<bool> IsFreeAtOneSite(
    const Submission& first, const registry::ResolveResponse& resolved) {
  bool free = true;
  for (const registry::ResolvedItem& item : resolved.items()) {
    if (item.site() != resolved.items(0).site()) {
      return Error(reason::kBatchSite, "a batch is for one site");
    }
    free = free && IsFree(first, item);
  }
  return free;
}

// Takes `step`, which begins with a read, again while others are faster.
template <typename Step>
auto Persist(Step step) {
  auto result = step();
  for (int i = 1; i < kTries; ++i) {
    if (!IsReason(result.status(), reason::kStoreAborted) &&
        !IsReason(result.status(), reason::kStoreEpochChanged)) {
      break;
    }
    result = step();
  }
  return result;
}

// The strictest of what the rules of a batch ask of a key.
proof::v1::RequiredAssurance Strictest(const std::vector<CommandRow>& rows) {
  proof::v1::RequiredAssurance strictest;
  for (const CommandRow& row : rows) {
    if (row.required().uv()) strictest.set_uv(true);
    if (row.required().level() > strictest.level()) {
      strictest.set_level(row.required().level());
    }
  }
  return strictest;
}

// What the rules that become looser ask of keys besides the command's own.
void Require(const proof::v1::Rule& rule, CommandRow& row) {
  if (!ChangesBinding(row.purpose())) return;
  if (rule.uv()) row.mutable_required()->set_uv(true);
  if (rule.level() > 0) row.mutable_required()->set_level(rule.level());
}

// Root and paths of a batch whose bytes are made.
absl::Status MakeTree(std::vector<CommandRow>& rows) {
  std::vector<crypto::Digest> leaves;
  leaves.reserve(rows.size());
  for (const CommandRow& row : rows) {
    leaves.push_back(proof::Leaf(row.command()));
  }
  ASSIGN_OR_RETURN(const proof::MerkleTree tree,
                   proof::MerkleTree::Of(std::move(leaves)));
  rows[0].set_batch_root(crypto::ToString(tree.root()));
  for (CommandRow& row : rows) {
    for (std::string& node : tree.Path(row.index())) {
      row.add_path(std::move(node));
    }
  }
  return absl::OkStatus();
}

// What a request uses: a place for each touch, or where it is executed.
Quotas::Request QuotaOf(const Submission& submission, const CommandRow& first,
                        absl::Duration now) {
  Quotas::Request request{submission.tenant, submission.account, {}, now};
  for (const records::v1::Slot& slot : first.slots()) {
    request.gateways.push_back(slot.gateway());
  }
  if (first.free()) request.gateways.push_back(first.gateway());
  return request;
}

MoveEvidence EvidenceOf(const Submission& submission) {
  MoveEvidence evidence;
  evidence.caller = submission.caller_uri;
  evidence.details = {{"requester", submission.requester},
                      {"words", submission.words}};
  return evidence;
}

}  // namespace

absl::StatusOr<registry::ResolveResponse> Submitter::Resolve(
    const std::vector<Submission>& submissions) {
  registry::ResolveRequest request;
  request.set_tenant(submissions[0].tenant);
  request.set_on_behalf_of(submissions[0].account);
  request.set_purpose(submissions[0].purpose);
  request.set_approver_gateway(submissions[0].approver_gateway);
  request.set_new_owner(NewOwnerOf(submissions[0]));
  for (const Submission& submission : submissions) {
    registry::ResolveItem& asked = *request.add_items();
    asked.set_device(submission.device);
    asked.set_operation(submission.operation);
  }
  ASSIGN_OR_RETURN(registry::ResolveResponse resolved,
                   registry_.Resolve(request));
  if (resolved.items_size() != request.items_size()) {
    return Error(reason::kInternal, "the registry answered something else");
  }
  return resolved;
}

absl::StatusOr<StoredCommand> Submitter::Submit(const Submission& submission,
                                                bool check_only) {
  return OrRepeated(SubmitNew(submission, check_only), submission, check_only);
}

absl::StatusOr<StoredCommand> Submitter::SubmitBatch(
    const std::vector<Submission>& submissions, bool check_only) {
  return OrRepeated(SubmitNewBatch(submissions, check_only), submissions[0],
                    check_only);
}

absl::StatusOr<StoredCommand> Submitter::OrRepeated(
    absl::StatusOr<StoredCommand> result, const Submission& submission,
    bool check_only) {
  // What passes is for the client to try again; gateways that are away must
  // cost the store nothing (decisions C7).
  if (result.ok() || IsPassing(result.status())) return result;
  ASSIGN_OR_RETURN(const StoredCommand found,
                   commands_.Read(submission.tenant, submission.command_id));
  if (!found.exists()) return result;
  return Repeated(submission, found, check_only);
}

absl::StatusOr<StoredCommand> Submitter::SubmitNew(const Submission& submission,
                                                   bool check_only) {
  ASSIGN_OR_RETURN(const registry::ResolveResponse resolved,
                   Resolve({submission}));
  ASSIGN_OR_RETURN(const absl::optional<Approvers::Case> quorum,
                   QuorumOf(submission, resolved));
  const registry::ResolvedItem& item = resolved.items(0);
  const SubmitInputs inputs{submission,
                            resolved,
                            item,
                            gateways_,
                            submission.approver_gateway.empty()
                                ? item.gateway()
                                : submission.approver_gateway,
                            IsFree(submission, item),
                            quorum.has_value(),
                            approvers_.IsPortal(submission.browser_origin)};
  RETURN_IF_ERROR(CheckSubmission(inputs));
  CommandRow row = RowOf(inputs, static_cast<uint64_t>(UnixMillis(clock_)));
  AddApprover(inputs, row);
  if (quorum.has_value()) {
    Require(quorum->rule, row);
    RETURN_IF_ERROR(approvers_.AddTo(*quorum, row));
  }
  return Persist([&] { return SubmitOnce(submission, row, check_only); });
}

absl::StatusOr<absl::optional<Approvers::Case>> Submitter::QuorumOf(
    const Submission& submission, const registry::ResolveResponse& resolved) {
  ASSIGN_OR_RETURN(absl::optional<Approvers::Case> quorum,
                   QuorumCaseOf(submission, resolved));
  if (quorum.has_value() && !approvers_.IsQuorum(*quorum, submission.account)) {
    quorum.reset();
  }
  if (quorum.has_value() && !submission.browser_origin.empty()) {
    return Error(reason::kPlaceNotAllowed,
                 "others than the requester are asked at gateways");
  }
  return quorum;
}

absl::Status Submitter::CheckMayAsk(const Submission& submission,
                                    SubmitView& view, CommandRow& row) {
  RETURN_IF_ERROR(quotas_.Check(QuotaOf(submission, row, clock_.Uptime())));
  if (!row.free()) {
    RETURN_IF_ERROR(cooldowns_.Check(submission.tenant, submission.requester,
                                     clock_.Now()));
  }
  return MakeRoom(view, row);
}

absl::StatusOr<StoredCommand> Submitter::Repeated(const Submission& submission,
                                                  const StoredCommand& found,
                                                  bool check_only) {
  ASSIGN_OR_RETURN(StoredCommand same, SameRequest(submission, found));
  if (!check_only) RETURN_IF_ERROR(commands_.Confirm(same.tenant, same.epoch));
  return same;
}

absl::StatusOr<StoredCommand> Submitter::SubmitOnce(
    const Submission& submission, const CommandRow& row, bool check_only) {
  const bool sequenced = !submission.on_account;
  ASSIGN_OR_RETURN(
      SubmitView view,
      commands_.ReadForSubmit(submission.tenant,
                              sequenced ? submission.device : "", row));
  if (view.command.exists())
    return Repeated(submission, view.command, check_only);
  CommandRow complete = row;
  RETURN_IF_ERROR(CheckMayAsk(submission, view, complete));
  if (sequenced) complete.set_sequence(view.last_sequence + 1);
  RETURN_IF_ERROR(MakeCommand(submission, complete));
  if (check_only) {
    StoredCommand checked;
    checked.tenant = submission.tenant;
    checked.row = std::move(complete);
    return checked;
  }
  const Quotas::Request use = QuotaOf(submission, complete, clock_.Uptime());
  ASSIGN_OR_RETURN(
      StoredCommand created,
      mover_.Create(view, std::move(complete), EvidenceOf(submission)));
  quotas_.Count(use);
  return created;
}

absl::StatusOr<StoredCommand> Submitter::SubmitNewBatch(
    const std::vector<Submission>& submissions, bool check_only) {
  if (submissions.size() == 1) return SubmitNew(submissions[0], check_only);
  ASSIGN_OR_RETURN(const registry::ResolveResponse resolved,
                   Resolve(submissions));
  ASSIGN_OR_RETURN(const absl::optional<Approvers::Case> quorum,
                   QuorumOf(submissions[0], resolved));
  ASSIGN_OR_RETURN(const bool free, IsFreeAtOneSite(submissions[0], resolved));
  const std::string& place = submissions[0].approver_gateway.empty()
                                 ? resolved.items(0).gateway()
                                 : submissions[0].approver_gateway;
  const auto now_ms = static_cast<uint64_t>(UnixMillis(clock_));
  std::vector<CommandRow> rows;
  for (const Submission& submission : submissions) {
    const SubmitInputs inputs{submission,
                              resolved,
                              resolved.items(static_cast<int>(rows.size())),
                              gateways_,
                              place,
                              free,
                              quorum.has_value(),
                              approvers_.IsPortal(submission.browser_origin)};
    const absl::Status checked = CheckSubmission(inputs);
    if (!checked.ok()) {
      return WithContext(absl::StrCat("items[", rows.size(), "]"), checked);
    }
    CommandRow& row = rows.emplace_back(RowOf(inputs, now_ms));
    row.set_batch(submissions[0].command_id);
    row.set_index(submission.index);
    if (submission.index == 0) AddApprover(inputs, row);
    rows[0].add_batch_ids(submission.command_id);
  }
  *rows[0].mutable_required() = Strictest(rows);
  if (quorum.has_value()) RETURN_IF_ERROR(approvers_.AddTo(*quorum, rows[0]));
  return Persist(
      [&] { return SubmitBatchOnce(submissions, rows, check_only); });
}

absl::StatusOr<StoredCommand> Submitter::SubmitBatchOnce(
    const std::vector<Submission>& submissions, std::vector<CommandRow> rows,
    bool check_only) {
  const Submission& first = submissions[0];
  std::set<std::string> devices;
  for (const Submission& one : submissions) devices.insert(one.device);
  ASSIGN_OR_RETURN(
      BatchView view,
      commands_.ReadForBatch(first.tenant, {devices.begin(), devices.end()},
                             rows[0]));
  if (view.first.command.exists()) {
    return Repeated(first, view.first.command, check_only);
  }
  RETURN_IF_ERROR(CheckMayAsk(first, view.first, rows[0]));
  std::map<std::string, uint64_t> next;
  for (size_t i = 0; i < rows.size(); ++i) {
    uint64_t& sequence = next[rows[i].device()];
    if (sequence == 0) sequence = view.sequences[rows[i].device()].last;
    rows[i].set_sequence(++sequence);
    RETURN_IF_ERROR(MakeCommand(submissions[i], rows[i]));
  }
  RETURN_IF_ERROR(MakeTree(rows));
  if (check_only) {
    StoredCommand checked;
    checked.tenant = first.tenant;
    checked.row = std::move(rows[0]);
    return checked;
  }
  const Quotas::Request use = QuotaOf(first, rows[0], clock_.Uptime());
  ASSIGN_OR_RETURN(
      StoredCommand created,
      mover_.CreateBatch(view, std::move(rows), EvidenceOf(first)));
  quotas_.Count(use);
  return created;
}

}  // namespace u2fi::command_gate
