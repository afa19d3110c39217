#ifndef U2FI_SERVICES_COMMON_RPC_STREAM_LIMIT_H_
#define U2FI_SERVICES_COMMON_RPC_STREAM_LIMIT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "services/common/sync/sync.h"

namespace u2fi::rpc {

// Bounds how many streams each caller has open, or how much else. Thread-safe.
// Make it with std::make_shared: places keep it alive, since gRPC lets go of a
// call's last pieces after its server is gone.
class StreamLimit : public std::enable_shared_from_this<StreamLimit> {
 public:
  // One open stream; gives its place back when it is destroyed.
  class Place {
   public:
    Place(std::shared_ptr<StreamLimit> limit, std::string caller,
          int64_t amount);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    const std::shared_ptr<StreamLimit> limit_;
    const std::string caller_;
    const int64_t amount_;
  };

  explicit StreamLimit(int64_t per_caller) : per_caller_(per_caller) {}

  // A place for one more stream of `caller`, or for what takes `amount` ≥ 1;
  // nullptr if it has all it may.
  std::shared_ptr<Place> Take(const std::string& caller, int64_t amount = 1);

 private:
  void GiveBack(const std::string& caller, int64_t amount);

  const int64_t per_caller_;
  Mutex mutex_;
  // Callers with open streams only.
  absl::flat_hash_map<std::string, int64_t> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_STREAM_LIMIT_H_
