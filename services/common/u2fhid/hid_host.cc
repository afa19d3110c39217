#include "services/common/u2fhid/hid_host.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::u2fhid {
namespace {

constexpr size_t kNonceSize = 8;
// nonce 8, channel 4, protocol, major, minor, build, capabilities.
constexpr size_t kInitAnswerSize = kNonceSize + 9;
// How long the token has to confirm that it gave up a cancelled request.
constexpr absl::Duration kGiveUpTimeout = absl::Milliseconds(500);

absl::Status FrameError(absl::string_view rule, absl::string_view message) {
  return Error(reason::kTokenFrame, message, {{"rule", std::string(rule)}});
}

absl::Status CancelledError() {
  return Error(reason::kTokenCancelled, "the caller cancelled the request");
}

absl::Status ErrorAnswer(absl::string_view payload) {
  if (payload.size() != 1) {
    return FrameError("error_size", "an ERROR message without its one byte");
  }
  const auto code = static_cast<HidError>(payload[0]);
  if (code == HidError::kChannelBusy) {
    return Error(reason::kTokenBusy, "another program is using the token");
  }
  const std::string text = absl::StrCat(static_cast<uint8_t>(payload[0]));
  return Error(reason::kTokenError,
               absl::StrCat("the token answered with error ", text),
               {{"code", text}});
}

// The token answered in due form, so its next answer is to the next request.
bool LeavesChannelInStep(const absl::Status& status) {
  return status.ok() || IsReason(status, reason::kTokenBusy) ||
         IsReason(status, reason::kTokenError);
}

// Errors that concern an INIT although they do not carry its nonce. Any other
// message before the answer belongs to an earlier request.
bool EndsInit(const absl::Status& error) {
  const auto metadata = MetadataOf(error);
  const auto code = metadata.find("code");
  const bool no_such_channel =
      code != metadata.end() &&
      code->second ==
          absl::StrCat(static_cast<uint8_t>(HidError::kInvalidChannel));
  return IsReason(error, reason::kTokenBusy) || no_such_channel;
}

bool IsTouchNeeded(absl::string_view keepalive) {
  return keepalive.size() == 1 &&
         keepalive[0] == static_cast<char>(Keepalive::kTouchNeeded);
}

uint32_t ReadChannel(absl::string_view bytes) {
  uint32_t channel = 0;
  for (int i = 0; i < 4; ++i) {
    channel = channel << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return channel;
}

}  // namespace

absl::Status HidHost::Open(const WaitLimit& limit) {
  return Init(kBroadcastChannel, limit);
}

absl::Status HidHost::Ping(absl::string_view data, const WaitLimit& limit) {
  ASSIGN_OR_RETURN(const std::string echo,
                   Transact(Command::kPing, data, limit));
  if (echo == data) return absl::OkStatus();
  return FrameError("ping_echo", "the token echoed other bytes");
}

absl::Status HidHost::Wink(const WaitLimit& limit) {
  return Transact(Command::kWink, "", limit).status();
}

absl::StatusOr<std::string> HidHost::Msg(absl::string_view apdu,
                                         const WaitLimit& limit) {
  return Transact(Command::kMsg, apdu, limit);
}

absl::StatusOr<std::string> HidHost::Cbor(absl::string_view request,
                                          const WaitLimit& limit) {
  return Transact(Command::kCbor, request, limit);
}

absl::StatusOr<std::string> HidHost::Transact(Command command,
                                              absl::string_view payload,
                                              const WaitLimit& limit) {
  if (!in_step_) RETURN_IF_ERROR(Init(channel_, limit));
  absl::StatusOr<std::string> answer =
      Exchange({channel_, command, std::string(payload)}, limit);
  in_step_ = LeavesChannelInStep(answer.status());
  if (IsReason(answer.status(), reason::kTokenCancelled) ||
      IsReason(answer.status(), reason::kTouchTimeout)) {
    GiveUp(command);
  }
  return answer;
}

absl::StatusOr<std::string> HidHost::Exchange(const Message& request,
                                              const WaitLimit& limit) {
  RETURN_IF_ERROR(Send(request, limit));
  ASSIGN_OR_RETURN(Message answer, NextMessage(request.channel, limit));
  while (answer.command == Command::kKeepalive) {
    const bool touch_needed = IsTouchNeeded(answer.payload);
    absl::StatusOr<Message> next = NextMessage(request.channel, limit);
    if (!next.ok() && touch_needed && clock_.Uptime() >= limit.deadline) {
      return Error(reason::kTouchTimeout, "nobody touched the token in time");
    }
    ASSIGN_OR_RETURN(answer, std::move(next));
  }
  if (answer.command == Command::kError) return ErrorAnswer(answer.payload);
  if (answer.command != request.command) {
    return FrameError("command", "the token answered another command");
  }
  return std::move(answer.payload);
}

absl::Status HidHost::Send(const Message& message, const WaitLimit& limit) {
  ASSIGN_OR_RETURN(const std::vector<Report> reports, Fragment(message));
  for (const Report& report : reports) {
    if (limit.cancel.cancelled()) return CancelledError();
    RETURN_IF_ERROR(transport_.Send(
        report,
        std::min(limit.deadline, clock_.Uptime() + options_.answer_timeout)));
  }
  return absl::OkStatus();
}

absl::StatusOr<Report> HidHost::NextReport(uint32_t channel,
                                           const WaitLimit& limit) {
  const absl::Duration last =
      std::min(limit.deadline, clock_.Uptime() + options_.answer_timeout);
  while (!limit.cancel.cancelled()) {
    const absl::Duration now = clock_.Uptime();
    if (now >= last) {
      return Error(reason::kTokenTimeout, "the token did not answer in time");
    }
    absl::StatusOr<Report> report =
        transport_.Receive(std::min(last, now + options_.cancel_check));
    const bool waited = IsReason(report.status(), reason::kTokenTimeout);
    if (!report.ok() && !waited) return report;
    if (report.ok() && ParseFrame(*report).channel == channel) return report;
  }
  return CancelledError();
}

absl::StatusOr<Message> HidHost::NextMessage(uint32_t channel,
                                             const WaitLimit& limit) {
  Assembler assembler;
  while (!assembler.complete()) {
    ASSIGN_OR_RETURN(const Report report, NextReport(channel, limit));
    const HidError error = assembler.Add(ParseFrame(report));
    if (error == HidError::kInvalidLength) {
      return FrameError("message_size", "the token announced too long a reply");
    }
    if (error != HidError::kNone) {
      return FrameError("sequence", "the token sent a frame out of sequence");
    }
  }
  return assembler.message();
}

absl::Status HidHost::Init(uint32_t channel, const WaitLimit& limit) {
  const std::string nonce = random_.Bytes(kNonceSize);
  RETURN_IF_ERROR(Send({channel, Command::kInit, nonce}, limit));
  while (true) {
    absl::StatusOr<Message> answer = NextMessage(channel, limit);
    // Frames of an earlier answer, cut off or not, are not ours to judge.
    if (IsReason(answer.status(), reason::kTokenFrame)) continue;
    RETURN_IF_ERROR(answer.status());
    if (answer->command == Command::kError) {
      absl::Status error = ErrorAnswer(answer->payload);
      if (EndsInit(error)) return error;
    }
    if (answer->command == Command::kInit &&
        absl::string_view(answer->payload).substr(0, kNonceSize) == nonce) {
      return TakeInitAnswer(answer->payload);
    }
  }
}

absl::Status HidHost::TakeInitAnswer(absl::string_view payload) {
  if (payload.size() != kInitAnswerSize) {
    return FrameError("init_size", "an answer to INIT that is not 17 bytes");
  }
  payload.remove_prefix(kNonceSize);
  const uint32_t channel = ReadChannel(payload);
  if (channel == kReservedChannel || channel == kBroadcastChannel) {
    return FrameError("init_channel", "the token gave a reserved channel");
  }
  const auto* rest = reinterpret_cast<const uint8_t*>(payload.data()) + 4;
  info_ = {rest[0], rest[1], rest[2], rest[3], rest[4]};
  channel_ = channel;
  in_step_ = true;
  return absl::OkStatus();
}

// INIT on an open channel makes the token drop the request in progress
// (CTAP 2.1, 11.2.5.3): a key that blinks stops. If the token does not confirm,
// the next call tries again. CTAP2 has CANCEL for it as well (11.2.9.1.5), for
// keys that make little of the INIT.
void HidHost::GiveUp(Command command) {
  CancelFlag not_cancelled;
  const WaitLimit limit{clock_.Uptime() + kGiveUpTimeout, not_cancelled};
  if (command == Command::kCbor) {
    Send({channel_, Command::kCancel, ""}, limit).IgnoreError();
  }
  Init(channel_, limit).IgnoreError();
}

}  // namespace u2fi::u2fhid
