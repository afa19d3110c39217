#ifndef U2FI_SERVICES_COMMON_STORE_STORE_H_
#define U2FI_SERVICES_COMMON_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/store/partition.h"

namespace u2fi::store {

// The engine's present incarnation: 40 lower-case hex digits, random. It
// changes when the engine may have forgotten acknowledged writes: at every
// restart, and on Redis at every promotion of a replica.
using Epoch = std::string;

// Which write of a key this is: larger at every commit of the partition, never
// used twice. Comparable only within the epoch in which it was read.
using Version = uint64_t;

// The version of a key that does not exist. Real versions begin at 1.
inline constexpr Version kAbsent = 0;

// What a read found under one key. A missing key has no value and kAbsent.
struct Entry {
  std::string value;
  Version version = kAbsent;

  bool exists() const { return version != kAbsent; }
};

// The answer of Get: all entries at one instant, in the order of the keys.
struct Snapshot {
  Epoch epoch;
  std::vector<Entry> entries;
};

// One existing key that a scan met.
struct Item {
  std::string key;
  std::string value;
  Version version = kAbsent;
};

// The answer of Scan: one page at one instant, ascending by key (bytes). If
// `more`, the next page begins after the last key of this one. A page ends
// early at kMaxReadBytes, so only `more` tells whether there is another.
struct Page {
  Epoch epoch;
  std::vector<Item> items;
  bool more = false;
};

// A condition: the key still has this version (kAbsent: does not exist).
struct Expect {
  std::string key;
  Version version = kAbsent;
};

// A write. After `expire_hint` the engine may drop the key at any later commit
// and until then it is seen like any other: deadlines are checked in code, the
// hint only frees space. Kept to the millisecond.
struct Put {
  std::string key;
  std::string value;
  absl::Time expire_hint = absl::InfiniteFuture();
};

// What an OK answer promises about a crash of machine or engine.
enum class Durability {
  // Nothing. Challenges, directory, counters: a new epoch voids them anyway.
  kVolatile,
  // On disk. On Redis: what the server's `appendfsync` gives.
  kDurable,
  // And on one replica, where replicas are configured; else as kDurable.
  kReplicated,
};

// All of it happens, or nothing. Keys may stand in `expect` and in one of the
// two others; a key twice in one list, or written and removed, is refused.
struct CommitRequest {
  // From the read that led to this commit. Required.
  Epoch epoch;
  std::vector<Expect> expect = {};
  std::vector<Put> put = {};
  // Removing a key that does not exist is no error.
  std::vector<std::string> remove = {};
  Durability durability = Durability::kReplicated;
};

// What a subscriber hears.
struct Hint {
  // True: hints may have been missed, so read again. `payload` is empty.
  bool read_again = false;
  std::string payload;
};

// Keeps a subscription while it lives. Its destructor waits for a call that is
// running, so the callback must not destroy it.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

// Limits of every engine. A key is [A-Za-z0-9._~:/@=+-]{1,256}.
inline constexpr size_t kMaxKeySize = 256;
inline constexpr size_t kMaxValueSize = 256 << 10;
inline constexpr size_t kMaxKeysPerCall = 4096;
// Keys and values of one commit together.
inline constexpr size_t kMaxCommitBytes = 8 << 20;
// Values of one Get or one page together.
inline constexpr size_t kMaxReadBytes = 8 << 20;
inline constexpr size_t kMaxScanLimit = 1000;
inline constexpr size_t kMaxHintSize = 4 << 10;
inline constexpr absl::Duration kDefaultTimeout = absl::Seconds(2);
inline constexpr absl::Duration kMaxTimeout = absl::Minutes(1);

// Where every service keeps its state. All rules of the domain are C++ on top
// of Commit; nothing else is atomic. Thread-safe; calls block for at most
// `timeout` (cut to kMaxTimeout); keys are relative to the partition.
//
// Errors of every method, with nothing changed:
//   STORE_KEY_INVALID        bad key, prefix, topic, epoch or a key named twice
//   STORE_PARTITION_MIXED    a key that names another partition ("{a/b}:c")
//   STORE_LIMIT              too many keys, too many bytes, a value too large
//   STORE_UNAVAILABLE        the engine is away or refused; carries RetryInfo
//   STORE_CORRUPT            what the engine holds cannot be read
class Store {
 public:
  virtual ~Store() = default;

  // Reads up to kMaxKeysPerCall keys, none at all to learn the epoch only.
  // STORE_LIMIT if the values exceed kMaxReadBytes: ask for fewer.
  absl::StatusOr<Snapshot> Get(const Partition& partition,
                               const std::vector<std::string>& keys,
                               absl::Duration timeout = kDefaultTimeout);

  // Writes if the epoch is the engine's and every expectation holds. Returns
  // the version of all keys put, kAbsent if there were none. Errors:
  //   STORE_ABORTED          nothing was or will be written. Metadata `key` is
  //                          the first expectation that failed, or empty if
  //                          the connection was lost before it was applied
  //   STORE_EPOCH_CHANGED    forget all that was read; read again
  //   STORE_OUTCOME_UNKNOWN  it may be written or not, or not as durably as
  //                          asked: never a success; read again to learn
  // A time-out after sending is resolved here, as far as time allows.
  absl::StatusOr<Version> Commit(const Partition& partition,
                                 const CommitRequest& request,
                                 absl::Duration timeout = kDefaultTimeout);

  // Reads at most `limit` (1 to kMaxScanLimit) keys that begin with `prefix`
  // and come after `after` (empty: from the first; else it begins with
  // `prefix`). A key that exists during the whole scan is met exactly once,
  // whatever is written between the pages.
  absl::StatusOr<Page> Scan(const Partition& partition,
                            absl::string_view prefix, absl::string_view after,
                            size_t limit,
                            absl::Duration timeout = kDefaultTimeout);

  // Sends a hint of at most kMaxHintSize bytes to the present subscribers of
  // the topic (a name like a key). Hints may be lost, never made up.
  absl::Status Publish(const Partition& partition, absl::string_view topic,
                       absl::string_view payload,
                       absl::Duration timeout = kDefaultTimeout);

  // Hears every hint that is published after the return, until the connection
  // breaks; after each re-subscription comes a Hint with `read_again`. So:
  // subscribe, then read; and poll rarely all the same. `callback` runs on a
  // thread of the store, one call at a time: it hands over and returns.
  // The store must outlive the subscription.
  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(
      const Partition& partition, absl::string_view topic,
      std::function<void(const Hint&)> callback,
      absl::Duration timeout = kDefaultTimeout);

  // The engine's time of day: replicas compare their clocks with it.
  absl::StatusOr<absl::Time> Now(absl::Duration timeout = kDefaultTimeout);

 private:
  // What an engine implements. Arguments have been checked against the limits.
  virtual absl::StatusOr<Snapshot> DoGet(const Partition& partition,
                                         const std::vector<std::string>& keys,
                                         absl::Duration timeout) = 0;
  virtual absl::StatusOr<Version> DoCommit(const Partition& partition,
                                           const CommitRequest& request,
                                           absl::Duration timeout) = 0;
  virtual absl::StatusOr<Page> DoScan(const Partition& partition,
                                      absl::string_view prefix,
                                      absl::string_view after, size_t limit,
                                      absl::Duration timeout) = 0;
  virtual absl::Status DoPublish(const Partition& partition,
                                 absl::string_view topic,
                                 absl::string_view payload,
                                 absl::Duration timeout) = 0;
  virtual absl::StatusOr<std::unique_ptr<Subscription>> DoSubscribe(
      const Partition& partition, absl::string_view topic,
      std::function<void(const Hint&)> callback, absl::Duration timeout) = 0;
  virtual absl::StatusOr<absl::Time> DoNow(absl::Duration timeout) = 0;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_STORE_H_
