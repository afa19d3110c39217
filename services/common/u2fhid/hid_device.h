#ifndef U2FI_SERVICES_COMMON_U2FHID_HID_DEVICE_H_
#define U2FI_SERVICES_COMMON_U2FHID_HID_DEVICE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/assembler.h"
#include "services/common/u2fhid/frame.h"
#include "services/common/u2fhid/hid_endpoint.h"

namespace u2fi::u2fhid {

// What a token does behind its framing.
class HidHandler {
 public:
  virtual ~HidHandler() = default;

  // A host sent this APDU. Returns the response APDU, or nothing: then
  // HidDevice::Complete() gives it later and the host gets KEEPALIVE meanwhile.
  virtual absl::optional<std::string> OnMsg(absl::string_view apdu) = 0;

  // The same for a CTAP2 command; asked only of tokens that say
  // kCapabilityCbor. Returns the status byte with what follows it.
  virtual absl::optional<std::string> OnCbor(absl::string_view request);

  // The host no longer wants the answer to the last OnMsg() or OnCbor().
  virtual void OnAbort() = 0;

  // A host wants the token to show itself.
  virtual void OnWink() = 0;
};

// The token's side of U2FHID: the state machine over channels of the FIDO U2F
// HID Protocol 1.2, "Arbitration" and "U2FHID commands" (CTAP 2.1, sections
// 11.2.5 and 11.2.9). One transaction at a time, for all
// channels. Answers every kind of bad frame as a key would:
//   ERR_INVALID_CHANNEL  a request on channel 0, on the broadcast channel other
//                        than INIT, or on a channel that was never given out
//   ERR_CHANNEL_BUSY     a request while another one is in progress
//   ERR_INVALID_SEQ      a wrong sequence number, or a new request in the
//                        middle of one; the transaction is dropped
//   ERR_INVALID_LEN      more than 7,609 bytes, or a length the command forbids
//   ERR_INVALID_CMD      a command that is not PING, MSG, INIT or WINK; CBOR
//                        without kCapabilityCbor, MSG with kCapabilityNoMsg
//   ERR_MSG_TIMEOUT      a request that stops for kTransactionTimeout
// A continuation packet that belongs to nothing is ignored. INIT on the
// broadcast channel is answered at any time, so that a second program learns
// its channel while a touch is awaited; INIT on the channel of the transaction
// drops it. CANCEL ends a CBOR command of its channel with CTAP2's status 0x2d
// and is ignored otherwise (section 11.2.9.1.5). Not thread-safe.
class HidDevice : public HidEndpoint {
 public:
  // The longest gap between the packets of one request (section 11.2.5.2).
  static constexpr absl::Duration kTransactionTimeout = absl::Milliseconds(500);
  // CTAP 2.1, section 11.2.9.1.7: while an answer is awaited. Plain U2F hosts
  // of today ignore it; most U2F keys never need it, since they answer
  // "touch needed" at once.
  static constexpr absl::Duration kKeepaliveInterval = absl::Milliseconds(100);

  // `clock` and `handler` must outlive this object.
  HidDevice(const Clock& clock, HidHandler& handler, const TokenInfo& info)
      : clock_(clock), handler_(handler), info_(info) {}

  void OnReport(const Report& report) override;
  void OnTick() override;
  absl::optional<absl::Duration> NextTick() const override;
  std::vector<Report> TakeReports() override;

  // Ends the transaction that OnMsg() or OnCbor() left open. Ignored if there
  // is none.
  void Complete(absl::string_view response);

  // Forgets channels and transaction, as a key does without power.
  void Reset();

 private:
  void OnInit(const Frame& frame);
  void AnswerInit(uint32_t channel, uint32_t given, absl::string_view nonce);
  void OnRequest(const Frame& frame);
  void AddToRequest(const Frame& frame);
  void Dispatch(const Message& request);
  void OnCancel(uint32_t channel);
  void DispatchToHandler(const Message& request);
  bool Speaks(Command command) const;
  void Reply(const Message& message);
  void ReplyError(uint32_t channel, HidError error);
  void DropTransaction();
  bool IsGiven(uint32_t channel) const;

  const Clock& clock_;
  HidHandler& handler_;
  const TokenInfo info_;
  std::vector<Report> outgoing_;
  uint32_t last_channel_ = kReservedChannel;
  // The channel of the transaction, if one is open. It is either still coming
  // in, or (processing_) waits for Complete().
  absl::optional<uint32_t> owner_;
  bool processing_ = false;
  // What is being processed: MSG or CBOR.
  Command answering_ = Command::kMsg;
  Assembler incoming_;
  absl::Duration next_tick_;
};

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_HID_DEVICE_H_
