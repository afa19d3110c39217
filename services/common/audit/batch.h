#ifndef U2FI_SERVICES_COMMON_AUDIT_BATCH_H_
#define U2FI_SERVICES_COMMON_AUDIT_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/audit/transition.h"
#include "services/common/random/random_source.h"
#include "services/common/store/store.h"

namespace u2fi::audit {

// Transitions that go into one commit. They happen as if one after the other:
// none of them reads or writes what another one before it wrote, and those
// that read the same key saw the same version. Not thread-safe; reused, so
// that a batch costs few allocations.
class Batch {
 public:
  explicit Batch(size_t max_members) : max_members_(max_members) {}

  // Takes a member, which must stay until Clear(). False, with nothing changed,
  // if the batch is full or the member does not go with the others: then it
  // waits for the next one. The first member always fits.
  bool Add(Transition& transition);

  bool empty() const { return members_.empty(); }
  size_t size() const { return members_.size(); }

  // Moves all members' expectations and writes into one request with the
  // highest durability; no Add() after it. Without epoch and rows.
  store::CommitRequest& Build();

  // The expectation on `key` failed. Every member that has it loses: its
  // writes leave the request and its rows become one `lost race` row. False
  // if there is no such expectation.
  bool Lose(absl::string_view key, RandomSource& random);

  // All rows in order, for the commit after Build() or Lose().
  const std::vector<const PreparedRow*>& rows() const { return rows_; }

  // Member `index` in order of Add(): the key that it lost, if it did, and the
  // place of its first row in rows().
  const absl::optional<std::string>& lost_key(size_t index) const {
    return members_[index].lost_key;
  }
  size_t first_row(size_t index) const { return members_[index].first_row; }

  // Empties the batch.
  void Clear();

 private:
  struct Member {
    Transition* transition;
    absl::optional<std::string> lost_key;
    absl::optional<PreparedRow> lost_row;
    size_t first_row = 0;
  };
  // What the members do with a key.
  struct Use {
    store::Version expected = 0;
    size_t expectation = 0;  // Index in users_; only if `compared`.
    bool compared = false;
    bool written = false;
  };

  bool Fits(const Transition& transition) const;
  bool Conflicts(const Transition& transition) const;
  bool IsWritten(absl::string_view key) const;
  void MarkLost(size_t index, absl::string_view key, RandomSource& random);
  void DropWritesOfLost();
  void ListRows();

  const size_t max_members_;
  std::vector<Member> members_;
  TransitionSize size_;
  absl::flat_hash_map<absl::string_view, Use> uses_;
  // Per expectation of the request: the members that have it.
  std::vector<std::vector<uint32_t>> users_;
  // In the order of the members' expectations: whether it is the first on its
  // key, and so goes into the request.
  std::vector<bool> first_use_;
  // Per put and remove of the request: the member.
  std::vector<uint32_t> put_owner_;
  std::vector<uint32_t> remove_owner_;
  store::CommitRequest request_;
  std::vector<const PreparedRow*> rows_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_BATCH_H_
