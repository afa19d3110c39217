#include "services/common/u2fhid/hid_device.h"

#include <utility>

namespace u2fi::u2fhid {
namespace {

constexpr size_t kNonceSize = 8;
// CTAP1_ERR_INVALID_COMMAND and CTAP2_ERR_KEEPALIVE_CANCEL (CTAP 2.1, 8.2).
constexpr absl::string_view kInvalidCtapCommand = "\x01";
constexpr absl::string_view kKeepaliveCancel = "\x2d";

std::string ChannelBytes(uint32_t channel) {
  std::string bytes(4, '\0');
  for (int i = 0; i < 4; ++i) bytes[i] = channel >> (24 - 8 * i);
  return bytes;
}

}  // namespace

absl::optional<std::string> HidHandler::OnCbor(absl::string_view) {
  return std::string(kInvalidCtapCommand);
}

void HidDevice::OnReport(const Report& report) {
  OnTick();
  const Frame frame = ParseFrame(report);
  if (!frame.initial) {
    if (owner_ == frame.channel && !processing_) AddToRequest(frame);
    return;
  }
  if (frame.command == Command::kInit) return OnInit(frame);
  if (frame.command == Command::kCancel && Speaks(Command::kCbor)) {
    return OnCancel(frame.channel);
  }
  OnRequest(frame);
}

void HidDevice::OnInit(const Frame& frame) {
  const bool broadcast = frame.channel == kBroadcastChannel;
  if (!broadcast && !IsGiven(frame.channel)) {
    return ReplyError(frame.channel, HidError::kInvalidChannel);
  }
  if (!broadcast && owner_.has_value() && owner_ != frame.channel) {
    return ReplyError(frame.channel, HidError::kChannelBusy);
  }
  if (frame.length != kNonceSize) {
    return ReplyError(frame.channel, HidError::kInvalidLength);
  }
  const absl::string_view nonce = frame.data.substr(0, kNonceSize);
  if (!broadcast) {
    DropTransaction();
    return AnswerInit(frame.channel, frame.channel, nonce);
  }
  // After four billion INITs the numbers start again; 0 and broadcast are out.
  if (++last_channel_ == kBroadcastChannel) last_channel_ = 1;
  AnswerInit(kBroadcastChannel, last_channel_, nonce);
}

void HidDevice::AnswerInit(uint32_t channel, uint32_t given,
                           absl::string_view nonce) {
  const uint8_t about[] = {info_.protocol_version, info_.major, info_.minor,
                           info_.build, info_.capabilities};
  std::string payload(nonce);
  payload += ChannelBytes(given);
  payload.append(about, about + sizeof(about));
  Reply({channel, Command::kInit, std::move(payload)});
}

void HidDevice::OnRequest(const Frame& frame) {
  if (!IsGiven(frame.channel)) {
    return ReplyError(frame.channel, HidError::kInvalidChannel);
  }
  if (owner_.has_value() && (owner_ != frame.channel || processing_)) {
    return ReplyError(frame.channel, HidError::kChannelBusy);
  }
  owner_ = frame.channel;
  AddToRequest(frame);
}

void HidDevice::AddToRequest(const Frame& frame) {
  const HidError error = incoming_.Add(frame);
  if (error != HidError::kNone) {
    DropTransaction();
    return ReplyError(frame.channel, error);
  }
  next_tick_ = clock_.Uptime() + kTransactionTimeout;
  if (!incoming_.complete()) return;
  const Message request = incoming_.message();
  DropTransaction();
  Dispatch(request);
}

void HidDevice::Dispatch(const Message& request) {
  switch (request.command) {
    case Command::kPing:
      return Reply(request);
    case Command::kMsg:
    case Command::kCbor:
      return DispatchToHandler(request);
    case Command::kWink:
      if (!request.payload.empty()) {
        return ReplyError(request.channel, HidError::kInvalidLength);
      }
      handler_.OnWink();
      return Reply(request);
    default:
      return ReplyError(request.channel, HidError::kInvalidCommand);
  }
}

bool HidDevice::Speaks(Command command) const {
  const uint8_t bit =
      command == Command::kCbor ? kCapabilityCbor : kCapabilityNoMsg;
  return ((info_.capabilities & bit) != 0) == (command == Command::kCbor);
}

void HidDevice::DispatchToHandler(const Message& request) {
  if (!Speaks(request.command)) {
    return ReplyError(request.channel, HidError::kInvalidCommand);
  }
  if (request.payload.empty()) {
    return ReplyError(request.channel, HidError::kInvalidLength);
  }
  owner_ = request.channel;
  processing_ = true;
  answering_ = request.command;
  next_tick_ = clock_.Uptime() + kKeepaliveInterval;
  const absl::optional<std::string> response =
      answering_ == Command::kCbor ? handler_.OnCbor(request.payload)
                                   : handler_.OnMsg(request.payload);
  if (response.has_value()) Complete(*response);
}

void HidDevice::OnCancel(uint32_t channel) {
  if (!processing_ || owner_ != channel || answering_ != Command::kCbor) return;
  handler_.OnAbort();
  Complete(kKeepaliveCancel);
}

void HidDevice::Complete(absl::string_view response) {
  if (!processing_) return;
  const uint32_t channel = *owner_;
  // Cleared first, so that the handler hears of no abort.
  processing_ = false;
  DropTransaction();
  Reply({channel, answering_, std::string(response)});
}

void HidDevice::OnTick() {
  if (!owner_.has_value() || clock_.Uptime() < next_tick_) return;
  const uint32_t channel = *owner_;
  if (!processing_) {
    DropTransaction();
    return ReplyError(channel, HidError::kMessageTimeout);
  }
  next_tick_ = clock_.Uptime() + kKeepaliveInterval;
  Reply({channel, Command::kKeepalive,
         std::string(1, static_cast<char>(Keepalive::kTouchNeeded))});
}

absl::optional<absl::Duration> HidDevice::NextTick() const {
  if (!owner_.has_value()) return absl::nullopt;
  return next_tick_;
}

std::vector<Report> HidDevice::TakeReports() {
  return std::exchange(outgoing_, {});
}

void HidDevice::Reset() {
  DropTransaction();
  outgoing_.clear();
  last_channel_ = kReservedChannel;
}

void HidDevice::Reply(const Message& message) {
  const absl::StatusOr<std::vector<Report>> reports = Fragment(message);
  if (!reports.ok()) return ReplyError(message.channel, HidError::kOther);
  outgoing_.insert(outgoing_.end(), reports->begin(), reports->end());
}

void HidDevice::ReplyError(uint32_t channel, HidError error) {
  outgoing_.push_back(ErrorReport(channel, error));
}

void HidDevice::DropTransaction() {
  if (std::exchange(processing_, false)) handler_.OnAbort();
  owner_.reset();
  incoming_ = Assembler();
}

bool HidDevice::IsGiven(uint32_t channel) const {
  return channel != kReservedChannel && channel <= last_channel_;
}

}  // namespace u2fi::u2fhid
