#include "services/command-gate/gateway_link_server.h"

#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/outbox.h"
#include "services/command-gate/read_ahead.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/pem.h"
#include "services/common/logging/logging.h"
#include "services/common/proof/visible_text.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/served_call.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using ::google::protobuf::util::TimeUtil;

constexpr uint32_t kFormat = 1;
// Messages of one stream that are handled before it is the others' turn.
constexpr int kMessagesATurn = 32;
// Longest version of an agent that is kept.
constexpr size_t kMaxVersion = 64;

// The certificate that the stream's client showed.
absl::StatusOr<crypto::Certificate> CertificateOf(
    const grpc::ServerContextBase& context) {
  const auto pems = context.auth_context()->FindPropertyValues("x509_pem_cert");
  if (pems.size() != 1) {
    return Error(reason::kCallerUnknown, "the client showed no certificate");
  }
  ASSIGN_OR_RETURN(
      const std::vector<std::string> ders,
      crypto::FromPem(crypto::kPemCertificate,
                      absl::string_view(pems[0].data(), pems[0].size())));
  return crypto::Certificate::FromDer(ders[0]);
}

// What others hold of a stream; it outlives the reactor.
class LinkHandle;

// The reactor of one stream. gRPC holds it until OnDone(), and each handler
// while it runs; the last one deletes it.
class LinkReactor
    : public grpc::ServerBidiReactor<GatewayMessage, MeshMessage> {
 public:
  LinkReactor(const GatewayLinkServer::Parts& parts, const rpc::Caller& caller,
              const crypto::Certificate& certificate);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override { End(Error(reason::kCancelled, "cancelled")); }
  void OnDone() override;

  absl::Status Enqueue(MeshMessage message);
  size_t queued();
  absl::Duration silence();
  void End(const absl::Status& status);

 private:
  void SendAcks();
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Runs until nothing is left to handle; not all in one go, so that a gateway
  // that never pauses keeps no thread for itself.
  void HandleAll();
  // False if there is nothing.
  bool TakeOne(GatewayMessage& message);
  absl::Status HandleOne(const GatewayMessage& message);
  absl::Status Welcome(const gateway::v1::Hello& hello);
  // Asks the registry, which lets it in or not.
  absl::StatusOr<device_registry::v1::AdmitGatewayResponse> Admit();
  // The same on a stream that is open, if it is in doubt, and whether its
  // certificate is good still. `at_once`: also shortly after the registry could
  // not be asked.
  absl::Status AdmitAnew(bool at_once);
  absl::Status SendRevocations(const gateway::v1::Revocations& all);
  // What the welcome says of what the mesh has.
  struct Welcoming {
    uint64_t revocations = 0;
    uint64_t last_audit_sequence = 0;
  };
  // It joins the sessions, and the welcome goes first.
  absl::Status Join(const GatewaySession& session, const Welcoming& welcoming);
  void TakeJournal(const gateway::v1::AuditBacklog& backlog);
  // The directory may forget the stream.
  void NoteGone(const GatewaySession& session);
  MeshMessage WelcomeMessage(const Welcoming& welcoming) const;
  // One holder less.
  void LetGo();

  const GatewayLinkServer::Parts parts_;
  const std::string spki_;
  // Its certificate is good until then.
  const absl::Time good_until_;
  GatewaySession session_;
  std::shared_ptr<LinkHandle> handle_;
  // Only used while a message is handled, one at a time: the doubts when it was
  // admitted, whether it missed something since, up to which revision it was
  // told all revocations then, and when the registry is asked again that could
  // not be.
  uint64_t doubts_ = 0;
  bool missed_ = false;
  uint64_t revocations_ = 0;
  absl::Duration ask_again_ = absl::ZeroDuration();
  GatewayMessage incoming_;
  Mutex mutex_;
  int holders_ ABSL_GUARDED_BY(mutex_) = 1;
  bool welcomed_ ABSL_GUARDED_BY(mutex_) = false;
  // A list, since most are empty most of the time.
  std::list<GatewayMessage> unhandled_ ABSL_GUARDED_BY(mutex_);
  ReadAhead ahead_ ABSL_GUARDED_BY(mutex_);
  bool handling_ ABSL_GUARDED_BY(mutex_) = false;
  bool reading_ ABSL_GUARDED_BY(mutex_) = true;
  // When it said something last, or was listened to again.
  absl::Duration heard_at_ ABSL_GUARDED_BY(mutex_);
  Outbox outbox_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

class LinkHandle : public GatewayStream {
 public:
  explicit LinkHandle(LinkReactor* reactor) : reactor_(reactor) {}

  absl::Status Enqueue(MeshMessage message) override {
    MutexLock lock(mutex_);
    if (reactor_ != nullptr) return reactor_->Enqueue(std::move(message));
    return WithRetry(Error(reason::kGatewayOffline, "the stream has ended"),
                     absl::Seconds(5));
  }

  size_t queued() override {
    MutexLock lock(mutex_);
    return reactor_ == nullptr ? 0 : reactor_->queued();
  }

  absl::Duration silence() override {
    MutexLock lock(mutex_);
    return reactor_ == nullptr ? absl::ZeroDuration() : reactor_->silence();
  }

  void Close(const absl::Status& status) override {
    MutexLock lock(mutex_);
    if (reactor_ != nullptr) reactor_->End(status);
  }

  void Release() {
    MutexLock lock(mutex_);
    reactor_ = nullptr;
  }

 private:
  Mutex mutex_;
  LinkReactor* reactor_ ABSL_GUARDED_BY(mutex_);
};

LinkReactor::LinkReactor(const GatewayLinkServer::Parts& parts,
                         const rpc::Caller& caller,
                         const crypto::Certificate& certificate)
    : parts_(parts),
      spki_(certificate.spki()),
      good_until_(certificate.not_after()),
      handle_(std::make_shared<LinkHandle>(this)),
      heard_at_(parts.clock.Uptime()) {
  session_.tenant = caller.tenant();
  session_.site = caller.site();
  session_.gateway = caller.name();
  session_.channel_key = crypto::ToString(crypto::Sha256(spki_));
  StartRead(&incoming_);
}

void LinkReactor::OnReadDone(bool ok) {
  if (!ok) {
    End(absl::OkStatus());
    return;
  }
  const size_t size = incoming_.ByteSizeLong();
  MutexLock lock(mutex_);
  heard_at_ = parts_.clock.Uptime();
  ahead_.Add(size);
  unhandled_.push_back(std::move(incoming_));
  incoming_.Clear();
  reading_ = !ahead_.full() && !finished_;
  if (reading_) StartRead(&incoming_);
  if (handling_) return;
  handling_ = true;
  ++holders_;
  parts_.executor.Schedule([this] { HandleAll(); });
}

void LinkReactor::OnWriteDone(bool ok) {
  if (!ok) End(absl::OkStatus());
  MutexLock lock(mutex_);
  writing_ = false;
  outbox_.PopFront();
  WriteNext();
}

void LinkReactor::OnDone() {
  bool welcomed = false;
  {
    MutexLock lock(mutex_);
    finished_ = true;
    welcomed = welcomed_;
  }
  if (welcomed) {
    parts_.sessions.Remove(session_);
    NoteGone(session_);
  }
  handle_->Release();
  LetGo();
}

void LinkReactor::LetGo() {
  {
    MutexLock lock(mutex_);
    if (--holders_ > 0) return;
  }
  delete this;
}

absl::Status LinkReactor::Enqueue(MeshMessage message) {
  MutexLock lock(mutex_);
  if (finished_) {
    return WithRetry(Error(reason::kGatewayOffline, "the stream has ended"),
                     absl::Seconds(5));
  }
  RETURN_IF_ERROR(outbox_.Add(std::move(message)));
  WriteNext();
  return absl::OkStatus();
}

void LinkReactor::SendAcks() {
  MutexLock lock(mutex_);
  if (finished_) return;
  outbox_.AddAcks();
  WriteNext();
}

size_t LinkReactor::queued() {
  MutexLock lock(mutex_);
  return outbox_.size();
}

absl::Duration LinkReactor::silence() {
  MutexLock lock(mutex_);
  return reading_ ? parts_.clock.Uptime() - heard_at_ : absl::ZeroDuration();
}

// At most one write is in flight; what follows at once goes in one packet.
void LinkReactor::WriteNext() {
  if (writing_ || finished_ || outbox_.empty()) return;
  writing_ = true;
  grpc::WriteOptions options;
  if (outbox_.size() > 1) options.set_buffer_hint();
  StartWrite(&outbox_.front(), options);
}

void LinkReactor::End(const absl::Status& status) {
  MutexLock lock(mutex_);
  if (finished_) return;
  finished_ = true;
  Finish(rpc::ToGrpcStatus(status));
}

void LinkReactor::HandleAll() {
  GatewayMessage message;
  for (int i = 0; i < kMessagesATurn; ++i) {
    if (!TakeOne(message)) {
      LetGo();
      return;
    }
    const absl::Status status = HandleOne(message);
    if (!status.ok()) End(status);
  }
  parts_.executor.Schedule([this] { HandleAll(); });
}

bool LinkReactor::TakeOne(GatewayMessage& message) {
  MutexLock lock(mutex_);
  if (unhandled_.empty() || finished_) {
    handling_ = false;
    return false;
  }
  message = std::move(unhandled_.front());
  unhandled_.pop_front();
  ahead_.Remove(message.ByteSizeLong());
  if (!reading_ && !ahead_.full()) {
    reading_ = true;
    heard_at_ = parts_.clock.Uptime();
    StartRead(&incoming_);
  }
  return true;
}

absl::Status LinkReactor::HandleOne(const GatewayMessage& message) {
  bool welcomed = false;
  {
    MutexLock lock(mutex_);
    welcomed = welcomed_;
  }
  if (welcomed == message.has_hello()) {
    return Error(reason::kMessageUnexpected,
                 "Hello comes first, and once on each stream");
  }
  if (welcomed) RETURN_IF_ERROR(AdmitAnew(message.has_heartbeat()));
  switch (message.body_case()) {
    case GatewayMessage::kHello:
      return Welcome(message.hello());
    case GatewayMessage::kHeartbeat:
      SendAcks();
      if (parts_.claims != nullptr) parts_.claims->Heard(session_);
      return absl::OkStatus();
    case GatewayMessage::kAuditBacklog:
      TakeJournal(message.audit_backlog());
      return absl::OkStatus();
    case GatewayMessage::BODY_NOT_SET:
      return Error(reason::kMessageUnexpected, "the message has no known body");
    default:
      parts_.events.OnMessage(session_, message);
      return absl::OkStatus();
  }
}

// What is refused is not acknowledged: the agent keeps it, and it stands in the
// log.
void LinkReactor::TakeJournal(const gateway::v1::AuditBacklog& backlog) {
  if (parts_.journals == nullptr) return;
  const absl::StatusOr<uint64_t> stored =
      parts_.journals->Take(session_, spki_, backlog);
  if (!stored.ok()) {
    logging::Warning("a gateway's journal was not taken",
                     {{"tenant", session_.tenant},
                      {"gateway", session_.gateway},
                      {"reason", ReasonOf(stored.status())},
                      {"cause", std::string(stored.status().message())}});
    return;
  }
  MeshMessage answer;
  answer.mutable_audit_ack()->set_sequence(*stored);
  Enqueue(std::move(answer)).IgnoreError();
}

MeshMessage LinkReactor::WelcomeMessage(const Welcoming& welcoming) const {
  MeshMessage message;
  gateway::v1::Welcome& welcome = *message.mutable_welcome();
  welcome.set_last_audit_sequence(welcoming.last_audit_sequence);
  welcome.set_generation(session_.generation);
  welcome.set_format_min(kFormat);
  welcome.set_format_max(kFormat);
  *welcome.mutable_heartbeat_interval() = TimeUtil::MillisecondsToDuration(
      absl::ToInt64Milliseconds(parts_.heartbeat_interval));
  welcome.set_time_ms(static_cast<uint64_t>(UnixMillis(parts_.clock)));
  welcome.mutable_limits()->set_open_approvals(kMaxOpenPerGateway);
  welcome.mutable_limits()->set_message_bytes(4 << 20);
  welcome.mutable_limits()->set_audit_rows(1000);
  welcome.mutable_limits()->set_events_per_minute(60);
  welcome.set_revocations_revision(welcoming.revocations);
  return message;
}

absl::StatusOr<device_registry::v1::AdmitGatewayResponse> LinkReactor::Admit() {
  // What is doubted from here on may not be in the answer.
  const uint64_t doubts = parts_.sessions.doubts();
  device_registry::v1::AdmitGatewayRequest admit;
  admit.set_tenant(session_.tenant);
  admit.set_site(session_.site);
  admit.set_gateway(session_.gateway);
  admit.set_public_key(spki_);
  ASSIGN_OR_RETURN(device_registry::v1::AdmitGatewayResponse admitted,
                   parts_.registry.AdmitGateway(admit));
  doubts_ = doubts;
  missed_ = false;
  return admitted;
}

// Before whatever it says, so that one that keeps back its heartbeats does not
// stay.
absl::Status LinkReactor::AdmitAnew(bool at_once) {
  // Streams live for months. The agent opens the next one with the certificate
  // that it has by then.
  if (parts_.clock.Now() > good_until_) {
    return Error(reason::kCallerUnknown, "the stream's certificate is over");
  }
  if (!missed_ && doubts_ == parts_.sessions.doubts()) return absl::OkStatus();
  if (!at_once && parts_.clock.Uptime() < ask_again_) return absl::OkStatus();
  const auto admitted = Admit();
  // The next heartbeat asks again, or what comes instead of it.
  if (IsPassing(admitted.status())) {
    ask_again_ = parts_.clock.Uptime() + parts_.heartbeat_interval;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(admitted.status());
  if (admitted->revocations().revision() == revocations_) {
    return absl::OkStatus();
  }
  revocations_ = admitted->revocations().revision();
  return SendRevocations(admitted->revocations());
}

absl::Status LinkReactor::SendRevocations(const gateway::v1::Revocations& all) {
  MeshMessage message;
  *message.mutable_revocations() = all;
  return Enqueue(std::move(message));
}

absl::Status LinkReactor::Welcome(const gateway::v1::Hello& hello) {
  if (hello.format_min() > kFormat || hello.format_max() < kFormat) {
    return Error(reason::kFormatRange, "no format number that both ends read");
  }
  if (parts_.sessions.refuses_new()) {
    return Error(reason::kDraining, "this replica stops");
  }
  const uint64_t news = parts_.sessions.news();
  ASSIGN_OR_RETURN(const device_registry::v1::AdmitGatewayResponse admitted,
                   Admit());
  GatewaySession session = session_;
  session.open_time = parts_.clock.Now();
  // Cut, it must stay UTF-8: other replicas could not read the directory.
  session.agent_version = proof::VisibleText(
      absl::string_view(hello.agent_version()).substr(0, kMaxVersion));
  session.takes_batches = hello.takes_batches();
  Welcoming welcoming{admitted.revocations().revision()};
  if (parts_.journals != nullptr) {
    ASSIGN_OR_RETURN(welcoming.last_audit_sequence,
                     parts_.journals->LastOf(session, hello));
  }
  if (parts_.claims != nullptr) {
    ASSIGN_OR_RETURN(session, parts_.claims->Claim(std::move(session)));
  }
  const absl::Status joined = Join(session, welcoming);
  if (!joined.ok()) NoteGone(session);
  RETURN_IF_ERROR(joined);
  if (admitted.revocations().revision() != hello.revocations_revision()) {
    RETURN_IF_ERROR(SendRevocations(admitted.revocations()));
  }
  revocations_ = admitted.revocations().revision();
  // What was told since the registry answered did not come here.
  missed_ = parts_.sessions.news() != news;
  if (missed_) RETURN_IF_ERROR(AdmitAnew(/*at_once=*/true));
  parts_.events.OnConnected(session_, hello);
  return absl::OkStatus();
}

// The welcome tells the generation that joining gives; whatever is sent from
// then on queues behind it.
absl::Status LinkReactor::Join(const GatewaySession& session,
                               const Welcoming& welcoming) {
  MutexLock lock(mutex_);
  if (finished_) return Error(reason::kCancelled, "the stream has ended");
  ASSIGN_OR_RETURN(session_, parts_.sessions.Add(session, handle_));
  welcomed_ = true;
  // The first one: nothing is sent to who is not in.
  RETURN_IF_ERROR(outbox_.Add(WelcomeMessage(welcoming)));
  WriteNext();
  return absl::OkStatus();
}

void LinkReactor::NoteGone(const GatewaySession& session) {
  if (parts_.claims != nullptr) parts_.claims->Gone(session);
}

// A stream that is refused before it begins.
class RefusedLink
    : public grpc::ServerBidiReactor<GatewayMessage, MeshMessage> {
 public:
  explicit RefusedLink(const absl::Status& status) {
    Finish(rpc::ToGrpcStatus(status));
  }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerBidiReactor<GatewayMessage, MeshMessage>*
GatewayLinkServer::Connect(grpc::CallbackServerContext* context) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  if (!caller.ok()) return new RefusedLink(caller.status());
  const auto certificate = CertificateOf(*context);
  if (!certificate.ok()) return new RefusedLink(certificate.status());
  return new LinkReactor(parts_, *caller, *certificate);
}

}  // namespace u2fi::command_gate
