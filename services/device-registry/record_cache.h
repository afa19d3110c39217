#ifndef U2FI_SERVICES_DEVICE_REGISTRY_RECORD_CACHE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_RECORD_CACHE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "google/protobuf/message.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/device-registry/change.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// The service's name in partitions.
inline constexpr char kService[] = "device-registry";

// Parsed rows for what is asked with every command. A row is dropped when this
// process changes it, when another replica says that it did, and in any case
// after Options.life, since hints can get lost. It is read by one caller at a
// time; whoever comes meanwhile gets the same row or error. Thread-safe.
class RecordCache {
 public:
  struct Options {
    // A row is read again after this, whatever was heard.
    absl::Duration life = absl::Seconds(5);
    // Rows, absent ones included; when there are more, all are forgotten.
    size_t max_rows = 100'000;
  };

  // Both must outlive this object.
  RecordCache(store::Store& store, const Clock& clock)
      : RecordCache(store, clock, Options()) {}
  RecordCache(store::Store& store, const Clock& clock, Options options)
      : store_(store), clock_(clock), options_(options) {}

  // The row under `key`, or nullptr if there is none. A key always has rows of
  // one type. Errors are the store's.
  template <typename Row>
  absl::StatusOr<std::shared_ptr<const Row>> Get(absl::string_view tenant,
                                                 const std::string& key) {
    const std::string address = absl::StrCat(tenant, "/", key);
    bool is_own = false;
    const std::shared_ptr<Read> read = Join(address, is_own);
    if (is_own) Land(address, *read, ReadRow<Row>(tenant, key));
    // Nobody writes it any more.
    RETURN_IF_ERROR(read->row.status());
    return std::static_pointer_cast<const Row>(*read->row);
  }

  // Forgets one row; a read that is under way does not bring it back.
  void Drop(absl::string_view tenant, absl::string_view key);

  // Forgets what an event is about; everything if events were missed.
  void OnEvent(const absl::optional<v1::WatchEventsResponse>& event);

 private:
  using AnyRow =
      absl::StatusOr<std::shared_ptr<const google::protobuf::Message>>;
  // Of one row: under way or done.
  struct Read {
    CondVar landed;
    bool under_way = true;
    AnyRow row;
    // When it began.
    absl::Duration read_at;
  };

  template <typename Row>
  AnyRow ReadRow(absl::string_view tenant, const std::string& key) {
    ASSIGN_OR_RETURN(const store::Entry entry, ReadEntry(tenant, key));
    if (!entry.exists()) return AnyRow(nullptr);
    auto row = std::make_shared<Row>();
    RETURN_IF_ERROR(ParseRow(key, entry.value, *row));
    return AnyRow(std::move(row));
  }
  // A read that is done, waited for if need be; or a new one, which the caller
  // has to make and to Land().
  std::shared_ptr<Read> Join(const std::string& address, bool& is_own);
  absl::StatusOr<store::Entry> ReadEntry(absl::string_view tenant,
                                         const std::string& key);
  void Land(const std::string& address, Read& read, AnyRow row);

  store::Store& store_;
  const Clock& clock_;
  const Options options_;
  Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Read>> reads_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_RECORD_CACHE_H_
