#include "services/common/audit/fake_export.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/proof/fake_enrolment.h"
#include "services/common/proof/pin_set.h"

namespace u2fi::audit {
namespace {

using proof::v1::Purpose;

constexpr int kStepMs = 1000;

std::string CommandSubject(absl::string_view command) {
  proof::v1::Command parsed;
  parsed.ParseFromString(std::string(command));
  return absl::StrCat("commands/", parsed.command_id());
}

}  // namespace

FakeExport::FakeExport(Edit edit)
    : edit_(std::move(edit)),
      signer_("audit-1", proof::FakeKey("audit-1")),
      gate_{TestWriter(), ChainBuilder(TestWriter()), {}},
      other_{TestWriter("attestation", 'b'),
             ChainBuilder(TestWriter("attestation", 'b')),
             {}},
      journal_{TestWriter("gateway/s1/gw-1", 'c'),
               ChainBuilder(TestWriter("gateway/s1/gw-1", 'c')),
               {}} {
  records.push_back(ExportStart{});
  records.push_back(signer_.public_key());
  Add("other.1", TestContent("tokens/tok-alice"), true);
  Enrol("enrol.alice", site.alice);
  Enrol("enrol.bob", site.bob);
  AddGenesis();
  AddUnlock();
  Add("lamp.free", Move(Command("lamp.on", "{}"), "PREPARING", "DISPATCHED"));
  AddBatch();
  AddCheckpoint();
  Add("other.2", TestContent("tokens/tok-bob"), true);
  AddCheckpoint(true);
  AddPins();
  AddCheckpoint();
}

std::string FakeExport::File() const {
  std::string file;
  for (const ExportRecord& record : records) {
    absl::StrAppend(&file, ToLine(record), "\n");
  }
  return file;
}

v1::AuditRow& FakeExport::Row(absl::string_view name) {
  return std::get<v1::AuditRow>(records[IndexOf(name)]);
}

size_t FakeExport::IndexOf(absl::string_view name) const {
  return index_.find(name)->second;
}

void FakeExport::Add(absl::string_view name, RowContent content, bool other) {
  AddTo(other ? other_ : gate_, name, std::move(content));
}

void FakeExport::AddHanded(absl::string_view name, absl::string_view subject,
                           absl::string_view command) {
  RowContent content;
  content.kind = v1::ROW_KIND_EXECUTION;
  content.subjects = {std::string(subject)};
  content.body.set_command(std::string(command));
  content.body.set_state_after("HANDED");
  AddTo(journal_, name, std::move(content));
}

void FakeExport::AddTo(Chain& chain, absl::string_view name,
                       RowContent content) {
  site.now_ms += kStepMs;
  if (edit_) edit_(name, content);
  v1::AuditRow row;
  row.ParseFromString(
      chain.builder.Append(*PreparedRow::Make(std::move(content), random_),
                           site.now_ms, chain.head));
  index_.emplace(std::string(name), records.size());
  records.push_back(std::move(row));
}

v1::Checkpoint FakeExport::CheckpointOf(const Chain& chain, uint64_t now_ms) {
  v1::Checkpoint checkpoint;
  *checkpoint.mutable_writer() = chain.writer;
  checkpoint.set_sequence(chain.head.id.sequence);
  checkpoint.set_hash(crypto::ToString(chain.head.id.hash));
  checkpoint.set_time_ms(now_ms);
  return checkpoint;
}

void FakeExport::AddJournalCheckpoint(const CheckpointSigner& signer) {
  records.push_back(signer.Sign(CheckpointOf(journal_, site.now_ms)));
}

void FakeExport::AddCheckpoint(bool other) {
  const Chain& chain = other ? other_ : gate_;
  const Chain& seen = other ? gate_ : other_;
  v1::Checkpoint checkpoint = CheckpointOf(chain, site.now_ms);
  *checkpoint.add_seen() = ReferenceTo(seen.writer, seen.head.id);
  records.push_back(signer_.Sign(std::move(checkpoint)));
}

std::string FakeExport::Command(absl::string_view operation,
                                absl::string_view arguments) {
  site.request_id = absl::StrFormat("%032x", ++requests_);
  return site.CommandBytes(operation, arguments);
}

RowContent FakeExport::Move(absl::string_view command, absl::string_view before,
                            absl::string_view after) const {
  RowContent content;
  content.kind = v1::ROW_KIND_COMMAND;
  content.subjects = {CommandSubject(command)};
  content.body.set_command(std::string(command));
  content.body.set_state_before(std::string(before));
  content.body.set_state_after(std::string(after));
  return content;
}

RowContent FakeExport::Approved(absl::string_view command, Purpose purpose,
                                proof::FakeToken& token) {
  RowContent content = Move(command, "AWAITING_APPROVAL", "APPROVED");
  content.kind = v1::ROW_KIND_APPROVAL;
  proof::FakeRequest request;
  request.purpose = purpose;
  request.commands = {std::string(command)};
  request.touches = {{&token, &site.gw1}};
  *content.body.mutable_approvals() = site.Prove(request).approvals();
  return content;
}

void FakeExport::Enrol(absl::string_view name, proof::FakeToken& token) {
  site.request_id = absl::StrFormat("%032x", ++requests_);
  RowContent content = Approved(proof::FakeEnrolCommand(site, token),
                                proof::v1::PURPOSE_ENROL, token);
  *content.body.mutable_evidence()->mutable_registration() =
      token.Registration();
  Add(name, std::move(content));
}

void FakeExport::AddGenesis() {
  proof::v1::PinSet pins = site.FirstPins();
  pins.mutable_keys()->DeleteSubrange(1, pins.keys_size() - 1);
  genesis = proof::PinSet::Encode(pins)->bytes();
  Add("genesis", Approved(Command("u2fi.pins", genesis),
                          proof::v1::PURPOSE_PROVISION, site.alice));
}

void FakeExport::AddUnlock() {
  const std::string unlock = Command("door.unlock", "{\"for\":5}");
  RowContent approved =
      Approved(unlock, proof::v1::PURPOSE_COMMAND, site.alice);
  RowContent asked = Move(unlock, "PREPARING", "AWAITING_APPROVAL");
  asked.body.set_statement(approved.body.approvals(0).statement());
  Add("unlock.asked", std::move(asked));
  RowContent refused = Move(unlock, "AWAITING_APPROVAL", "AWAITING_APPROVAL");
  *refused.body.mutable_approvals() = approved.body.approvals();
  refused.body.mutable_approvals(0)->set_signature("not a signature");
  refused.body.set_outcome(common::v1::OUTCOME_REFUSED);
  refused.body.set_reason("SIGNATURE_INVALID");
  Add("unlock.refused", std::move(refused));
  RowContent lost = approved;
  Add("unlock.approved", std::move(approved));
  lost.kind = v1::ROW_KIND_LOST_RACE;
  lost.body.set_lost_kind(v1::ROW_KIND_APPROVAL);
  lost.body.set_reason("LOST_RACE");
  lost.body.clear_state_after();
  Add("unlock.lost", std::move(lost));
  Add("unlock.dispatched", Move(unlock, "APPROVED", "DISPATCHED"));
  RowContent done = Move(unlock, "DISPATCHED", "SUCCEEDED");
  done.kind = v1::ROW_KIND_EXECUTION;
  done.body.set_reported_by("device");
  Add("unlock.done", std::move(done));
}

void FakeExport::AddBatch() {
  site.request_id = absl::StrFormat("%032x", ++requests_);
  proof::FakeRequest request;
  request.commands = site.Batch(3);
  request.touches = {{&site.alice, &site.gw1}};
  const std::vector<proof::v1::Approval> touches = site.ApproveAll(request);
  RowContent touch;
  touch.kind = v1::ROW_KIND_APPROVAL;
  touch.subjects = {"accounts/alice"};
  *touch.body.add_approvals() = touches[0];
  Add("batch.touch", std::move(touch));
  for (uint32_t i = 0; i < 3; ++i) {
    RowContent item =
        Move(request.commands[i], "AWAITING_APPROVAL", "APPROVED");
    item.body.add_approval_refs(crypto::ToString(ApprovalDigest(touches[0])));
    item.body.set_index(i);
    *item.body.mutable_path() =
        proof::FakeSite::ProofOf(touches, request.commands, i).path();
    Add(absl::StrCat("batch.", i), std::move(item));
  }
}

void FakeExport::AddPins() {
  proof::v1::PinSet pins =
      proof::FakeSite::Next(*proof::PinSet::Parse(genesis));
  *pins.add_keys() = site.bob.Pinned(proof::v1::KEY_ROLE_MEMBER);
  second = proof::PinSet::Encode(pins)->bytes();
  Add("pins", Approved(Command("u2fi.pins", second), proof::v1::PURPOSE_PINS,
                       site.alice));
  Add("vault.approved", Approved(Command("door.unlock", "{\"for\":9}"),
                                 proof::v1::PURPOSE_COMMAND, site.bob));
}

}  // namespace u2fi::audit
