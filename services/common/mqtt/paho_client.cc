#include "services/common/mqtt/paho_client.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "services/common/mqtt/paho_connector.h"
#include "services/common/mqtt/reconnecting_client.h"
#include "services/common/status/status_macros.h"
#include "services/common/sync/sync.h"

namespace u2fi::mqtt {
namespace {

// Without an event the thread looks at the clock this often at most.
constexpr absl::Duration kLongestSleep = absl::Seconds(60);

class PahoClient : public MqttClient {
 public:
  PahoClient(const BrokerOptions& options, const Clock& clock,
             RandomSource& random)
      : connector_(options),
        client_(connector_, clock, random, options, [this] { Wake(); }),
        thread_([this] { Run(); }) {}

  ~PahoClient() override {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      woken_.NotifyOne();
    }
    thread_.join();
  }

  absl::Status Subscribe(const std::string& filter, Qos qos,
                         MessageHandler handler) override {
    return client_.Subscribe(filter, qos, std::move(handler));
  }
  void SetConnectionHandler(ConnectionHandler handler) override {
    client_.SetConnectionHandler(std::move(handler));
  }
  void Start() override { client_.Start(); }
  void Publish(Message message, PublishDone done) override {
    client_.Publish(std::move(message), std::move(done));
  }
  absl::Status state() const override { return client_.state(); }

 private:
  void Wake() {
    MutexLock lock(mutex_);
    awake_ = true;
    woken_.NotifyOne();
  }

  void Run() {
    while (true) {
      const absl::Duration rest = client_.Turn();
      MutexLock lock(mutex_);
      if (!awake_ && !stopping_ && rest > absl::ZeroDuration()) {
        woken_.WaitFor(mutex_, std::min(rest, kLongestSleep));
      }
      if (stopping_) return;
      awake_ = false;
    }
  }

  Mutex mutex_;
  CondVar woken_;
  bool awake_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  PahoConnector connector_;
  ReconnectingClient client_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MqttClient>> MakePahoClient(
    const BrokerOptions& options, const Clock& clock, RandomSource& random) {
  RETURN_IF_ERROR(CheckBrokerOptions(options));
  return std::unique_ptr<MqttClient>(
      std::make_unique<PahoClient>(options, clock, random));
}

}  // namespace u2fi::mqtt
