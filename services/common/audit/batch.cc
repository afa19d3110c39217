#include "services/common/audit/batch.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace u2fi::audit {
namespace {

// Keeps the elements whose owner satisfies `keep`, and their owners.
template <typename T, typename Keep>
void Filter(std::vector<T>& elements, std::vector<uint32_t>& owners,
            Keep keep) {
  size_t kept = 0;
  for (size_t i = 0; i < elements.size(); ++i) {
    if (!keep(owners[i])) continue;
    if (kept != i) elements[kept] = std::move(elements[i]);
    owners[kept++] = owners[i];
  }
  elements.resize(kept);
  owners.resize(kept);
}

template <typename T>
void MoveTo(std::vector<T>& from, std::vector<T>& to, uint32_t owner,
            std::vector<uint32_t>& owners) {
  to.insert(to.end(), std::make_move_iterator(from.begin()),
            std::make_move_iterator(from.end()));
  owners.insert(owners.end(), from.size(), owner);
}

}  // namespace

bool Batch::Fits(const Transition& transition) const {
  if (members_.empty()) return true;
  const TransitionSize more = SizeOf(transition);
  return members_.size() < max_members_ &&
         size_.keys + more.keys <= store::kMaxKeysPerCall - kReservedKeys &&
         size_.bytes + more.bytes <= store::kMaxCommitBytes - kReservedBytes;
}

bool Batch::IsWritten(absl::string_view key) const {
  const auto use = uses_.find(key);
  return use != uses_.end() && use->second.written;
}

bool Batch::Conflicts(const Transition& transition) const {
  for (const store::Expect& expect : transition.expect) {
    const auto use = uses_.find(expect.key);
    if (use == uses_.end()) continue;
    if (use->second.written || use->second.expected != expect.version) {
      return true;
    }
  }
  return std::any_of(
             transition.put.begin(), transition.put.end(),
             [this](const store::Put& p) { return IsWritten(p.key); }) ||
         std::any_of(transition.remove.begin(), transition.remove.end(),
                     [this](const std::string& key) { return IsWritten(key); });
}

bool Batch::Add(Transition& transition) {
  if (!Fits(transition) || Conflicts(transition)) return false;
  const uint32_t index = static_cast<uint32_t>(members_.size());
  for (const store::Expect& expect : transition.expect) {
    Use& use = uses_[expect.key];
    first_use_.push_back(!use.compared);
    if (!use.compared) {
      use = {expect.version, users_.size(), true, false};
      users_.emplace_back();
    }
    users_[use.expectation].push_back(index);
  }
  for (const store::Put& put : transition.put) uses_[put.key].written = true;
  for (const std::string& key : transition.remove) uses_[key].written = true;
  const TransitionSize more = SizeOf(transition);
  size_ = {size_.keys + more.keys, size_.bytes + more.bytes};
  members_.push_back({&transition, {}, {}, 0});
  return true;
}

store::CommitRequest& Batch::Build() {
  size_t expectation = 0;
  for (uint32_t index = 0; index < members_.size(); ++index) {
    Transition& member = *members_[index].transition;
    for (store::Expect& expect : member.expect) {
      if (!first_use_[expectation++]) continue;
      request_.expect.push_back(std::move(expect));
    }
    MoveTo(member.put, request_.put, index, put_owner_);
    MoveTo(member.remove, request_.remove, index, remove_owner_);
  }
  uses_.clear();  // It looked at keys that have moved.
  ListRows();
  return request_;
}

bool Batch::Lose(absl::string_view key, RandomSource& random) {
  const auto failed = std::find_if(
      request_.expect.begin(), request_.expect.end(),
      [key](const store::Expect& expect) { return expect.key == key; });
  if (failed == request_.expect.end()) return false;
  const auto users = users_.begin() + (failed - request_.expect.begin());
  for (uint32_t index : *users) MarkLost(index, key, random);
  // `key` may live in the expectation that goes.
  users_.erase(users);
  request_.expect.erase(failed);
  DropWritesOfLost();
  ListRows();
  return true;
}

void Batch::MarkLost(size_t index, absl::string_view key,
                     RandomSource& random) {
  Member& member = members_[index];
  if (member.lost_key.has_value()) return;
  member.lost_key = std::string(key);
  member.lost_row = member.transition->rows.front().LostRace(random);
}

void Batch::DropWritesOfLost() {
  const auto alive = [this](uint32_t owner) {
    return !members_[owner].lost_key.has_value();
  };
  Filter(request_.put, put_owner_, alive);
  Filter(request_.remove, remove_owner_, alive);
}

void Batch::ListRows() {
  rows_.clear();
  request_.durability = store::Durability::kVolatile;
  for (Member& member : members_) {
    member.first_row = rows_.size();
    if (member.lost_row.has_value()) {
      rows_.push_back(&*member.lost_row);
      continue;
    }
    request_.durability =
        std::max(request_.durability, member.transition->durability);
    for (const PreparedRow& row : member.transition->rows) {
      rows_.push_back(&row);
    }
  }
}

void Batch::Clear() {
  members_.clear();
  size_ = {};
  uses_.clear();
  users_.clear();
  first_use_.clear();
  put_owner_.clear();
  remove_owner_.clear();
  request_.expect.clear();
  request_.put.clear();
  request_.remove.clear();
  rows_.clear();
}

}  // namespace u2fi::audit
