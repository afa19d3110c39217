#include "tools/soft-token/soft_token.h"

#include <algorithm>
#include <utility>

namespace u2fi::soft_token {
namespace {

u2fhid::TokenInfo InfoOf(const SoftToken::Options& options) {
  u2fhid::TokenInfo info = {2, 1, 0, 0, u2fhid::kCapabilityWink};
  if (options.ctap2) info.capabilities |= u2fhid::kCapabilityCbor;
  if (!options.u2f) info.capabilities |= u2fhid::kCapabilityNoMsg;
  return info;
}

}  // namespace

SoftToken::SoftToken(const Clock& clock, RandomSource& random,
                     const State& state, Options options)
    : clock_(clock),
      counter_(state.counter),
      options_(std::move(options)),
      touch_(clock, options_.touch),
      token_(state.identity, state.counter, random, touch_),
      pin_(state.pin, random, clock),
      ctap2_({state.identity, state.counter, random, touch_, pin_},
             {options_.u2f, options_.always_uv}),
      device_(clock, *this, InfoOf(options_)) {}

void SoftToken::OnReport(const u2fhid::Report& report) {
  if (!plugged_) return;
  device_.OnReport(report);
  ShowTouchState();
}

void SoftToken::OnTick() {
  if (held_.has_value() && clock_.Uptime() >= held_until_) GiveUpHeld();
  device_.OnTick();
  ShowTouchState();
}

absl::optional<absl::Duration> SoftToken::NextTick() const {
  absl::Duration next = device_.NextTick().value_or(absl::InfiniteDuration());
  if (held_.has_value()) next = std::min(next, held_until_);
  if (shown_wanted_ && !held_.has_value()) {
    next = std::min(next, touch_.wanted_until());
  }
  if (next == absl::InfiniteDuration()) return absl::nullopt;
  return next;
}

std::vector<u2fhid::Report> SoftToken::TakeReports() {
  std::vector<u2fhid::Report> reports = device_.TakeReports();
  if (fault_ == Fault::kSilent) reports.clear();
  return reports;
}

void SoftToken::Touch() {
  touch_.Touch();
  AnswerHeld();
}

bool SoftToken::TouchIfWanted() {
  if (!touch_wanted()) return false;
  Touch();
  return true;
}

void SoftToken::SetTouchMode(TouchMode mode) {
  touch_.SetMode(mode);
  AnswerHeld();
  ShowTouchState();
}

void SoftToken::SetFault(Fault fault) {
  fault_ = fault;
  token_.SetForeign(fault == Fault::kForeign);
  ctap2_.SetForeign(fault == Fault::kForeign);
}

void SoftToken::Unplug() {
  plugged_ = false;
  touch_.Clear();
  pin_.PowerCycle();
  device_.Reset();
  ShowTouchState();
}

absl::optional<std::string> SoftToken::OnMsg(absl::string_view apdu) {
  U2fToken::Outcome outcome = token_.Handle(apdu);
  ShowTaken(outcome.touch_needed);
  const bool refuse = touch_.mode() == TouchMode::kRefuse;
  if (!outcome.touch_needed || !options_.hold || refuse) {
    return std::move(outcome.response);
  }
  Hold(false, apdu);
  return absl::nullopt;
}

absl::optional<std::string> SoftToken::OnCbor(absl::string_view request) {
  Ctap2Token::Outcome outcome = ctap2_.Handle(request);
  ShowTaken(outcome.touch_needed);
  if (!outcome.touch_needed) return std::move(outcome.response);
  Hold(true, request);
  return absl::nullopt;
}

void SoftToken::Hold(bool is_cbor, absl::string_view request) {
  held_ = Held{is_cbor, std::string(request)};
  held_until_ = clock_.Uptime() + options_.hold_limit;
}

void SoftToken::GiveUpHeld() {
  const bool is_cbor = held_->is_cbor;
  held_.reset();
  touch_.Clear();
  device_.Complete(
      is_cbor ? EncodeCtap2Status(Ctap2Status::kUserActionTimeout)
              : u2fhid::EncodeStatus(u2fhid::StatusWord::kTouchNeeded));
}

void SoftToken::ShowTaken(bool still_needed) {
  if (still_needed || !shown_wanted_ || touch_.wanted()) return;
  shown_wanted_ = false;
  Show(Signal::kTouchTaken);
}

// Tries the held request again. Without a touch it stays held, unless touches
// are refused by now.
void SoftToken::AnswerHeld() {
  if (!held_.has_value()) return;
  const Held held = *std::exchange(held_, absl::nullopt);
  const absl::Duration until = held_until_;
  const absl::optional<std::string> response =
      held.is_cbor ? OnCbor(held.request) : OnMsg(held.request);
  held_until_ = until;
  if (response.has_value()) device_.Complete(*response);
}

void SoftToken::ShowTouchState() {
  if (touch_wanted() == shown_wanted_) return;
  shown_wanted_ = touch_wanted();
  Show(shown_wanted_ ? Signal::kTouchWanted : Signal::kTouchNotNeeded);
}

void SoftToken::Show(Signal signal) {
  if (options_.on_signal) options_.on_signal(signal);
}

}  // namespace u2fi::soft_token
