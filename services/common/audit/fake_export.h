#ifndef U2FI_SERVICES_COMMON_AUDIT_FAKE_EXPORT_H_
#define U2FI_SERVICES_COMMON_AUDIT_FAKE_EXPORT_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "services/common/audit/chain.h"
#include "services/common/audit/checkpoint.h"
#include "services/common/audit/export_record.h"
#include "services/common/audit/row.h"
#include "services/common/proof/fake_site.h"
#include "services/common/random/fake_random_source.h"

namespace u2fi::audit {

// A good export with every kind of evidence and real signatures, to be broken
// in one place: the gate's chain, a second chain of a service beside it, and
// checkpoints. In the world of proof::FakeSite it tells, by the name of each
// row:
//   enrol.alice      alice's first token
//   enrol.bob        bob's first token
//   genesis          lock-1 gets its first pin set, with alice's key
//   unlock.asked     door.unlock: a challenge was issued
//   unlock.refused   a bad answer, kept as evidence
//   unlock.approved  alice's touch
//   unlock.lost      another replica's attempt that lost its race
//   unlock.dispatched, unlock.done
//   lamp.free        lamp.on goes to the device without a touch
//   batch.touch      one touch for three commands
//   batch.0, batch.1, batch.2   they refer to it
//   pins             revision 2: bob's key joins
//   vault.approved   by bob, who is believed from now on
// and in the second chain, of attestation: other.1, other.2.
class FakeExport {
 public:
  // `edit` may change what a row says before it is hashed into its chain.
  using Edit = std::function<void(absl::string_view name, RowContent& content)>;
  explicit FakeExport(Edit edit = nullptr);

  // The file. Records may be changed before.
  std::string File() const;

  // The record of the row, and its line in File().
  v1::AuditRow& Row(absl::string_view name);
  size_t IndexOf(absl::string_view name) const;
  uint64_t LineOf(absl::string_view name) const { return IndexOf(name) + 1; }

  // Adds a row to the gate's chain or the other one, and a checkpoint over it.
  void Add(absl::string_view name, RowContent content, bool other = false);
  void AddCheckpoint(bool other = false);
  // Adds a row to the journal of a gateway: it handed over `command`, as the
  // one of that subject.
  void AddHanded(absl::string_view name, absl::string_view subject,
                 absl::string_view command = "");

  // Adds a checkpoint over that journal.
  void AddJournalCheckpoint(const CheckpointSigner& signer);

  // Signs with the audit key.
  const CheckpointSigner& signer() const { return signer_; }

  // The gate's row that approves `command` by a touch of `token` at gw-1, and
  // the bytes of such a command, with an id of its own.
  RowContent Approved(absl::string_view command, proof::v1::Purpose purpose,
                      proof::FakeToken& token);
  std::string Command(absl::string_view operation, absl::string_view arguments);

  proof::FakeSite site;
  std::vector<ExportRecord> records;
  // The first pin set of lock-1, and the second.
  std::string genesis;
  std::string second;

 private:
  struct Chain {
    v1::Writer writer;
    ChainBuilder builder;
    ChainHead head;
  };

  // A row of the gate about `command` that moves it.
  RowContent Move(absl::string_view command, absl::string_view before,
                  absl::string_view after) const;
  static v1::Checkpoint CheckpointOf(const Chain& chain, uint64_t now_ms);
  void AddTo(Chain& chain, absl::string_view name, RowContent content);
  void Enrol(absl::string_view name, proof::FakeToken& token);
  void AddGenesis();
  void AddUnlock();
  void AddBatch();
  void AddPins();

  Edit edit_;
  FakeRandomSource random_;
  CheckpointSigner signer_;
  Chain gate_;
  Chain other_;
  Chain journal_;
  std::map<std::string, size_t, std::less<>> index_;
  int requests_ = 0;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_FAKE_EXPORT_H_
