#include "tests/e2e/chaos/steady_stream.h"

#include <string>

#include "absl/time/clock.h"
#include "services/common/status/error.h"
#include "services/common/time/clock.h"
#include "tests/e2e/site_call.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandGate;
using command_gate::v1::SubmitCommandRequest;
using command_gate::v1::SubmitCommandResponse;

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kOneCall = absl::Seconds(5);

// Another try may be taken: whoever was asked could not answer.
bool IsAway(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsAborted(status) || absl::IsCancelled(status);
}

}  // namespace

SteadyStream::SteadyStream(ProcessSite& site, const Options& options)
    : site_(site), options_(options) {
  for (int i = 0; i < options_.clients; ++i) {
    clients_.emplace_back([this, i] { Run(i); });
  }
}

SteadyStream::~SteadyStream() { Stop(); }

void SteadyStream::Stop() {
  stopping_ = true;
  for (std::thread& client : clients_) {
    if (client.joinable()) client.join();
  }
}

void SteadyStream::Run(int client) {
  for (int i = client; !stopping_; i += options_.clients) {
    Ask(i % options_.gateways, i % options_.gates, i % 5 != 0);
    absl::SleepFor(options_.pause);
  }
}

void SteadyStream::Ask(int gateway, int gate, bool critical) {
  SubmitCommandRequest request = site_.NewRequest(gateway);
  request.mutable_item()->set_device(Camera(gateway));
  request.mutable_item()->set_operation(critical ? "camera.on"
                                                 : "device.identify");
  request.mutable_options()->set_purpose(proof::v1::PURPOSE_COMMAND);
  const absl::Time end = SystemClock().Now() + kPatience;
  SubmitCommandResponse response;
  absl::Status status;
  int calls = 0;
  do {
    ++calls;
    status = Call(site_.gate(gate), &CommandGate::Stub::SubmitCommand, request,
                  response, kOneCall);
    if (status.ok()) {
      const MutexLock lock(mutex_);
      acknowledged_.push_back(
          {response.command().name(), SystemClock().Now(), calls});
      return;
    }
    gate = (gate + 1) % options_.gates;
    absl::SleepFor(absl::Milliseconds(100));
  } while (IsAway(status) && SystemClock().Now() < end);
  const MutexLock lock(mutex_);
  ++unanswered_[std::string(ReasonOf(status))];
}

std::vector<SteadyStream::Acknowledged> SteadyStream::acknowledged() const {
  const MutexLock lock(mutex_);
  return acknowledged_;
}

std::map<std::string, int> SteadyStream::unanswered() const {
  const MutexLock lock(mutex_);
  return unanswered_;
}

}  // namespace u2fi::e2e
