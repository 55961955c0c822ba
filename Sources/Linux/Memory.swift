import CLinux

/// The process's heap as the system sees it.
public enum Memory {
    /// Gives pages that nothing lives on back to the system. Worth its milliseconds after something large
    /// was taken apart, which otherwise stays part of the process for good.
    public static func returnFreePages() {
        malloc_trim(0)
    }
}
