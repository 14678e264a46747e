/*
 * Copyright (C) the moderate authors
 *
 * What the console says, in Vietnamese and in English.
 */

const words = {
    vi: {
        skip: "Đến nội dung", keys: "Phím tắt", language: "Ngôn ngữ",
        theme: "Giao diện", themeAuto: "Theo thiết bị", themeLight: "Sáng",
        themeDark: "Tối", queue: "Hàng chờ", submission: "Nội dung",
        state: "Trạng thái", category: "Loại", rule: "Luật", form: "Biểu mẫu",
        filter: "Lọc", more: "Xem thêm", selectNone: "Bỏ chọn", any: "Tất cả",
        approve: "Duyệt", reject: "Từ chối", claim: "Nhận xử lý",
        unclaim: "Thả ra", undo: "Hoàn tác", close: "Đóng", cancel: "Thôi",
        reason: "Lý do công khai", rejectTitle: "Từ chối nội dung này?",
        rejectHelp: "Người gửi được đọc lý do này.", sendNow: "Gửi ngay",
        empty: "Không có nội dung nào ở đây.",
        choose: "Chọn một nội dung trong hàng chờ.",
        newItems: (n) => `Có ${n} nội dung mới: hiển thị`,
        total: (n) => `${n} nội dung đang hiển thị`,
        selected: (n) => `Đã chọn ${n}`,
        why: "Vì sao bị giữ lại", points: (n) => `${n} điểm`,
        score: "Tổng điểm", received: "Nhận lúc", history: "Diễn biến",
        rules: "Bộ luật", claimedBy: (who) => `${who} đang xử lý`,
        file: (name, size) => `Tệp đính kèm ${name}, ${size} byte`,
        charset: (name) => `đọc theo bảng mã ${name}`,
        unreadable: "Thân yêu cầu có thể được đọc theo nhiều cách",
        body: "Phần đầu của thân yêu cầu",
        noField: "cả nội dung gửi", unnamed: "(không tên)",
        soonApprove: (n) => `Sẽ duyệt trong ${n} giây.`,
        soonReject: (n) => `Sẽ từ chối trong ${n} giây.`,
        done: "Đã xong:", conflict: (who, state) => (
            `${who} đã xử lý trước: ${state}. Đã tải lại.`),
        someone: "Người khác",
        previewApprove: (n) => `Duyệt ${n} nội dung này?`,
        previewReject: (n) => `Từ chối ${n} nội dung này?`,
        result: (ok, bad) => `${ok} xong, ${bad} không được`,
        delivery: (status) => `cổng thông tin trả lời ${status}`,
        select: (text) => `Chọn: ${text}`,
        keyNext: "xuống", keyPrevious: "lên", keyOpen: "mở",
        keyApprove: "duyệt", keyReject: "từ chối", keyUndo: "hoàn tác",
        keyClaim: "nhận hoặc thả", keyFilter: "đến bộ lọc",
        keySelect: "chọn nhiều", keyHelp: "bảng này",
        appeal: "Người gửi đề nghị xem lại",
        states: {
            pending: "Chờ xử lý", claimed: "Đang xử lý",
            approved: "Đã duyệt", replaying: "Đang chuyển",
            delivered: "Đã chuyển", failed: "Chuyển không được",
            unknown: "Chưa rõ kết quả", rejected: "Đã từ chối",
            appealed: "Đề nghị xem lại", lost: "Lạc"
        },
        categories: {
            "advertising": "Quảng cáo", "scam": "Lừa đảo",
            "abuse": "Xúc phạm", "personal-data": "Dữ liệu cá nhân",
            "impersonation": "Mạo danh cơ quan", "link-flood": "Nhiều liên kết",
            "duplicate": "Trùng lặp", "automated": "Gửi tự động",
            "unreadable": "Không đọc được"
        },
        reasons: {
            "contact-advertising": "Quảng cáo, mời gọi liên hệ",
            "scam": "Có dấu hiệu lừa đảo", "abuse": "Lời lẽ xúc phạm",
            "personal-data": "Lộ dữ liệu cá nhân",
            "impersonation": "Mạo danh cơ quan",
            "link-flood": "Quá nhiều liên kết",
            "duplicate": "Gửi trùng", "rate": "Gửi quá nhiều lần",
            "automated": "Gửi tự động", "unreadable": "Không đọc được",
            "check-unavailable": "Chưa kiểm tra được", "other": "Lý do khác"
        },
        problems: {
            network: "Không kết nối được máy chủ.",
            unavailable: "Kho dữ liệu tạm thời không trả lời. "
                         + "Xin tải lại để biết kết quả.",
            forbidden: "Tài khoản này chỉ được xem.",
            "no-role": "Tài khoản này chưa được phân quyền.",
            "no-identity": "Chưa đăng nhập.",
            "not-found": "Không còn nội dung này.",
            unrecorded: "Đã chuyển đến cổng nhưng chưa ghi lại được."
        }
    },

    en: {
        skip: "Skip to the content", keys: "Keys", language: "Language",
        theme: "Theme", themeAuto: "As the device", themeLight: "Light",
        themeDark: "Dark", queue: "Queue", submission: "Submission",
        state: "State", category: "Category", rule: "Rule", form: "Form",
        filter: "Filter", more: "More", selectNone: "Select none", any: "All",
        approve: "Approve", reject: "Reject", claim: "Claim",
        unclaim: "Release", undo: "Undo", close: "Close", cancel: "Cancel",
        reason: "Public reason", rejectTitle: "Reject this submission?",
        rejectHelp: "The person who sent it reads this reason.",
        sendNow: "Send now", empty: "There is nothing here.",
        choose: "Choose a submission of the queue.",
        newItems: (n) => (n === "1" ? "1 new submission: show"
                                  : `${n} new submissions: show`),
        total: (n) => (n === "1" ? "1 submission shown"
                               : `${n} submissions shown`),
        selected: (n) => `${n} selected`,
        why: "Why it is held", points: (n) => (n === "1" ? "1 point"
                                                       : `${n} points`),
        score: "Score", received: "Received", history: "History",
        rules: "Rule set", claimedBy: (who) => `claimed by ${who}`,
        file: (name, size) => `File ${name}, ${size} bytes`,
        charset: (name) => `read as ${name}`,
        unreadable: "The body can be read in more than one way",
        body: "How the body begins", noField: "the submission as a whole",
        unnamed: "(no name)",
        soonApprove: (n) => `Approving in ${n} s.`,
        soonReject: (n) => `Rejecting in ${n} s.`,
        done: "Done:", conflict: (who, state) => (
            `${who} was first: ${state}. This is how it stands now.`),
        someone: "Someone else",
        previewApprove: (n) => `Approve these ${n}?`,
        previewReject: (n) => `Reject these ${n}?`,
        result: (ok, bad) => `${ok} done, ${bad} not`,
        delivery: (status) => `the portal answered ${status}`,
        select: (text) => `Select: ${text}`,
        keyNext: "next", keyPrevious: "previous", keyOpen: "open",
        keyApprove: "approve", keyReject: "reject", keyUndo: "undo",
        keyClaim: "claim or release", keyFilter: "to the filters",
        keySelect: "select several", keyHelp: "this table",
        appeal: "What the sender says in the appeal",
        states: {
            pending: "pending", claimed: "claimed", approved: "approved",
            replaying: "being delivered", delivered: "delivered",
            failed: "delivery failed", unknown: "outcome unknown",
            rejected: "rejected", appealed: "appealed", lost: "lost"
        },
        categories: {
            "advertising": "Advertising", "scam": "Scam", "abuse": "Abuse",
            "personal-data": "Personal data",
            "impersonation": "Impersonation", "link-flood": "Link flood",
            "duplicate": "Duplicate", "automated": "Automated",
            "unreadable": "Unreadable"
        },
        reasons: {
            "contact-advertising": "Advertising with a contact",
            "scam": "Signs of a scam", "abuse": "Abusive language",
            "personal-data": "Personal data", "impersonation": "Impersonation",
            "link-flood": "Too many links", "duplicate": "Sent already",
            "rate": "Too many at a time", "automated": "Sent by a program",
            "unreadable": "Cannot be read",
            "check-unavailable": "Could not be checked", "other": "Other"
        },
        problems: {
            network: "The server cannot be reached.",
            unavailable: "The store does not answer. Reload to see what "
                         + "happened.",
            forbidden: "This account may only read.",
            "no-role": "This account has no role.",
            "no-identity": "Not logged in.",
            "not-found": "This submission is gone.",
            unrecorded: "Delivered, but that could not be noted."
        }
    }
};

let language = "vi";


export function use(name) {
    language = words[name] ? name : "vi";
    document.documentElement.lang = language;

    for (const node of document.querySelectorAll("[data-word]")) {
        node.textContent = words[language][node.dataset.word];
    }
}


/* A word, or what a function of words makes of the arguments. */

export function word(name, ...args) {
    const entry = words[language][name];

    return typeof entry === "function" ? entry(...args) : entry;
}


/* The word for a name of the API; names that are not known say themselves. */

export function called(list, name) {
    return words[language][list][name] || name;
}


export function all(list) {
    return Object.entries(words[language][list]);
}


export function number(value) {
    return new Intl.NumberFormat(language).format(value);
}


export function time(value) {
    return value === null ? "" : new Intl.DateTimeFormat(language, {
        dateStyle: "short", timeStyle: "medium"
    }).format(new Date(value));
}


/* Vietnamese for who prefers it or anything but English. */

export function preferred() {
    for (const name of navigator.languages) {
        if (words[name.slice(0, 2)]) {
            return name.slice(0, 2);
        }
    }

    return "vi";
}
